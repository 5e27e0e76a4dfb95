//! The fields of a message as netlink-packet-route decoded it, taken from the `Debug` form of its
//! types: that form shows each field, so that no field can be forgotten here.

use std::collections::BTreeMap;

/// The values of each field, by its path: `header.index`, `Mtu`, `LinkInfo.Data.Vlan.Id`. A path
/// in a list occurs once for each element, in order.
pub(super) type Fields = BTreeMap<String, Vec<String>>;

/// A parsed `Debug` form.
enum Tree {
    /// A number, a string without its quotes, flags, an address, a variant without content.
    Leaf(String),
    /// `Name { field: value }`
    Struct(String, Vec<(String, Tree)>),
    /// `Name(value)`
    Variant(String, Vec<Tree>),
    List(Vec<Tree>),
}

/// The fields of the message whose `Debug` form is `text`, such as `NewLink(LinkMessage { .. })`.
pub(super) fn fields(text: &str) -> Fields {
    let mut parser = Parser(text);
    let tree = parser.value();
    assert!(parser.0.is_empty(), "not parsed: {}", parser.0);
    let mut fields = Fields::new();
    match tree {
        Tree::Variant(_, content) => {
            for tree in content {
                flatten(tree, "", &mut fields);
            }
        }
        _ => panic!("no message: {text}"),
    }
    fields
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        _ => format!("{path}.{name}"),
    }
}

fn flatten(tree: Tree, path: &str, fields: &mut Fields) {
    let mut leaf = |path: &str, text: String| {
        fields.entry(path.to_owned()).or_default().push(text);
    };
    match tree {
        Tree::Leaf(text) => leaf(path, text),
        Tree::List(list) => match texts(&list) {
            Some(texts) => leaf(path, texts.join(",")),
            None => {
                for element in list {
                    flatten(element, path, fields);
                }
            }
        },
        Tree::Variant(name, mut content) => {
            let path = join(path, &name);
            if content.len() == 1 {
                flatten(content.remove(0), &path, fields);
            } else {
                for (at, tree) in content.into_iter().enumerate() {
                    flatten(tree, &join(&path, &at.to_string()), fields);
                }
            }
        }
        Tree::Struct(name, content) if name == "DefaultNla" => {
            // An attribute that netlink-packet-route does not decode.
            let [kind, value] = &content[..] else {
                panic!("DefaultNla has other fields");
            };
            let (Tree::Leaf(kind), Tree::List(value)) = (&kind.1, &value.1) else {
                panic!("DefaultNla has other types");
            };
            leaf(&join(path, kind), texts(value).unwrap().join(","));
        }
        Tree::Struct(name, content) if name == "TcHandle" => {
            let number = |at: usize| match &content[at].1 {
                Tree::Leaf(text) => text.parse::<u16>().unwrap(),
                _ => panic!("TcHandle has other types"),
            };
            leaf(path, format!("{:x}:{:x}", number(0), number(1)));
        }
        Tree::Struct(_, content) => {
            for (name, tree) in content {
                match (&name[..], &tree) {
                    ("attributes", Tree::List(list)) if list.is_empty() => {}
                    ("attributes", _) => flatten(tree, path, fields),
                    _ => flatten(tree, &join(path, &name), fields),
                }
            }
        }
    }
}

/// The elements of a list of leaves.
fn texts(list: &[Tree]) -> Option<Vec<String>> {
    let text = |tree: &Tree| match tree {
        Tree::Leaf(text) => Some(text.clone()),
        _ => None,
    };
    list.iter().map(text).collect()
}

struct Parser<'a>(&'a str);

impl Parser<'_> {
    fn skip(&mut self, text: &str) -> bool {
        let rest = self.0.strip_prefix(text);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn value(&mut self) -> Tree {
        if self.0.starts_with('"') {
            return Tree::Leaf(self.string());
        }
        if self.skip("[") {
            return Tree::List(self.list("]"));
        }
        if self.skip("(") {
            return Tree::Variant("tuple".to_owned(), self.list(")"));
        }
        let end = self.0.find(['(', ')', '[', ']', '{', '}', ',']);
        let (text, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        let name = text.trim().to_owned();
        if self.skip("(") {
            Tree::Variant(name, self.list(")"))
        } else if self.skip("{") {
            let mut content = Vec::new();
            loop {
                self.0 = self.0.trim_start_matches([',', ' ']);
                if self.skip("}") {
                    break;
                }
                let (field, rest) = self.0.split_once(": ").expect("a field");
                let field = field.to_owned();
                self.0 = rest;
                content.push((field, self.value()));
            }
            Tree::Struct(name, content)
        } else {
            Tree::Leaf(name)
        }
    }

    fn list(&mut self, end: &str) -> Vec<Tree> {
        let mut list = Vec::new();
        while !self.skip(end) {
            self.skip(", ");
            list.push(self.value());
        }
        list
    }

    /// A quoted string, with the escapes of `Debug` undone.
    fn string(&mut self) -> String {
        let mut text = String::new();
        let mut rest = self.0[1..].chars();
        loop {
            let c = rest.next().expect("a closing quote");
            if c == '"' {
                break;
            }
            let c = match c {
                '\\' => match rest.next().expect("an escaped character") {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    '0' => '\0',
                    'u' => {
                        let digits = rest.by_ref().skip(1).take_while(|c| *c != '}');
                        let number = u32::from_str_radix(&digits.collect::<String>(), 16);
                        number.ok().and_then(char::from_u32).expect("a character")
                    }
                    c => c,
                },
                c => c,
            };
            text.push(c);
        }
        self.0 = rest.as_str();
        text
    }
}
