//! The filters, each declared once: name, help, what it compares, and how its values are read.

use super::condition::Condition;
use super::fault::Fault;
use super::pattern::{Pattern, PrefixPattern, Word, glob, is_glob};
use crate::event::kind_set::KindSet;
use crate::event::{Event, Kind, Op, Origin, fields::Mask};
use crate::kind::property::{Property, Value, known};
use crate::kind::wire::FAMILIES;
use crate::names::Names;
use crate::netlink::genl::NAMES;
use crate::netlink::genl::curated::{group_of, groups_of};
use crate::netlink::nfnetlink::{SUBSYSTEMS, Subsystem, event_of, subsystem, unabbreviated};
use crate::netlink::protocols::protocol;
use crate::netlink::raw::{self, ALL};
use crate::value::Symbol;

/// An option that selects events.
#[derive(Debug)]
pub struct FilterOption {
    /// Name of the option, without dashes; a key of `settings.filters`.
    pub name: &'static str,
    /// Name of its value in the help; `None` for a switch.
    pub value_name: Option<&'static str>,
    /// Its help: a sentence, and what is only in the long help.
    pub help: &'static str,
    /// More of the help, for `--help`.
    pub more: &'static str,
    /// What it compares.
    pub(super) subject: Subject,
    parse: Parse,
}

type Parse = fn(&str, Vocabulary<'_>) -> Result<Test, Fault>;

/// The names of tables and protocols.
#[derive(Clone, Copy, Debug)]
pub struct Vocabulary<'a> {
    /// Those of a machine.
    pub names: &'a Names,
    /// There are others: the machine is not the one that is monitored.
    pub is_open: bool,
    /// The netlink families that the kernel has, for the check of a command line; `None`: every name
    /// is accepted, since another kernel may have a family of that name.
    pub families: Option<&'a [String]>,
}

impl<'a> Vocabulary<'a> {
    /// The names of the machine that is monitored.
    pub fn of(names: &'a Names) -> Self {
        Vocabulary {
            names,
            is_open: false,
            families: None,
        }
    }

    /// The names of this machine, for lines that may be those of another one, with other names.
    pub fn open(names: &'a Names) -> Self {
        Vocabulary {
            is_open: true,
            ..Vocabulary::of(names)
        }
    }
}

/// What a filter compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// A property of the object: of the new state or of the former one.
    Object(Property),
    /// The event.
    Event,
    /// The line of the event, or of the object.
    Line,
    /// Whether nothing has changed.
    Unchanged,
    /// `meta` records.
    Meta,
}

/// A condition on an event.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    #[cfg_attr(
        not(feature = "where"),
        expect(dead_code, reason = "a condition of --where")
    )]
    Kind(Kind),
    Op(Op),
    Origin(Origin),
    /// On the name of the process.
    ByComm(Pattern),
    /// Fields by kind.
    Changed(Vec<(Kind, Mask)>),
    /// On the values of a property.
    Value(Pattern),
    /// A switch that is on.
    On,
    /// A switch that is off.
    Off,
}

pub(super) const OPS: &[Op] = &[Op::Add, Op::Change, Op::Delete, Op::Present, Op::Notify];

pub(super) const ORIGINS: &[Origin] = &[
    Origin::Kernel,
    Origin::Snapshot,
    Origin::Resync,
    Origin::Inferred,
    Origin::Checkpoint,
];

/// Every filter, in the order of the help.
pub const FILTERS: &[FilterOption] = &[
    FilterOption {
        name: "op",
        value_name: Some("LIST"),
        help: "Operations: add, change, delete, present, notify",
        more: "",
        subject: Subject::Event,
        parse: |text, _| op(text).map(Test::Op),
    },
    FilterOption {
        name: "dev",
        value_name: Some("GLOBS"),
        help: "Devices, by name: the device itself, what belongs to it, and what names it",
        more: "The devices of an object are its own, its master, its lower device, its port, and the \
               incoming and outgoing ones, also of each next hop.",
        subject: Subject::Object(Property::Dev),
        parse: |text, _| Ok(Test::Value(Pattern::Device(glob(text)?))),
    },
    FilterOption {
        name: "family",
        value_name: Some("LIST"),
        help: "Families: address families (inet, inet6, mpls, bridge …), and netlink families, which are joined (nftables, ethtool, nl80211, xfrm …, all)",
        more: "An event is of a netlink family, and of the address family in the field `family` of its \
               payload, if it has one. Without this option rtnetlink alone is joined. A generic netlink \
               family that the kernel registers later is joined then. Other netlink protocols are joined if \
               they are named, with `all` if the kernel has them: to join can make the kernel load a module. \
               nft stands for nftables; nft_trace, conntrack and expect are joined by their names alone, and \
               conntrack=new,destroy joins these events (new, update, destroy), which a replay does not tell apart. \
               thermal=sampling joins the temperatures of thermal zones, too. \
               A live run and the kernel's list decide which names are known.",
        subject: Subject::Object(Property::Family),
        parse: |text, vocabulary| word(Property::Family, "address family", text, vocabulary),
    },
    FilterOption {
        name: "prefix",
        value_name: Some("PREFIXES"),
        help: "Addresses and prefixes that the object is about: CIDR, within:CIDR or covers:CIDR",
        more: "192.0.2.0/24 is that prefix, and addresses with it; 192.0.2.7 is that address. \
               within: also everything inside, covers: also everything that contains it. Compared are \
               the destination of a route, the address of an `address` or `neigh`, source and \
               destination of a rule, and group and source of multicast, but no gateways.",
        subject: Subject::Object(Property::Prefix),
        parse: |text, _| Ok(Test::Value(Pattern::Prefix(PrefixPattern::parse(text)?))),
    },
    FilterOption {
        name: "table",
        value_name: Some("LIST"),
        help: "Routing tables, by name or number",
        more: "",
        subject: Subject::Object(Property::Table),
        parse: |text, vocabulary| word(Property::Table, "routing table", text, vocabulary),
    },
    FilterOption {
        name: "protocol",
        value_name: Some("LIST"),
        help: "Origins of objects (rt_protos): kernel, static, dhcp, bird …, or numbers",
        more: "",
        subject: Subject::Object(Property::Protocol),
        parse: |text, vocabulary| word(Property::Protocol, "protocol", text, vocabulary),
    },
    FilterOption {
        name: "type",
        value_name: Some("LIST"),
        help: "Types: of devices (veth, bridge, ether), routes (unicast, blackhole), qdiscs (htb) …",
        more: "",
        subject: Subject::Object(Property::Type),
        parse: |text, vocabulary| word(Property::Type, "type", text, vocabulary),
    },
    FilterOption {
        name: "state",
        value_name: Some("LIST"),
        help: "States: of neighbours (FAILED), devices (UP, DOWN), bridge entries (permanent) …",
        more: "",
        subject: Subject::Object(Property::State),
        parse: |text, vocabulary| word(Property::State, "state", text, vocabulary),
    },
    FilterOption {
        name: "origin",
        value_name: Some("LIST"),
        help: "How nlstream learnt of the event: kernel, snapshot, resync, inferred, checkpoint",
        more: "",
        subject: Subject::Event,
        parse: |text, _| origin(text).map(Test::Origin),
    },
    FilterOption {
        name: "changed",
        value_name: Some("FIELDS"),
        help: "Fields that changed: mtu, operstate, lladdr …",
        more: "",
        subject: Subject::Event,
        parse: |text, _| changed(text).map(Test::Changed),
    },
    FilterOption {
        name: "by-comm",
        value_name: Some("GLOBS"),
        help: "Processes that caused the event, by name (`by.comm`): ip, NetworkManager …",
        more: "Needs --with by. Events of which it is not known who caused them have no name.",
        subject: Subject::Event,
        parse: |text, _| Ok(Test::ByComm(Pattern::Device(glob(text)?))),
    },
    FilterOption {
        name: "where",
        value_name: Some("EXPR"),
        help: "A condition on the line in the language of jq: '.link.mtu > 1500'",
        more: "An event passes if an output is neither false nor null, as with `select` of jq. The \
               condition is evaluated last, on the line as it would be written. Fields that the schema does \
               not have are errors. An absent field is null, and null is less than any number: `.route.metric \
               < 100` selects routes without a metric; write `(.route.metric // 0)`. The functions of jq that \
               may not end or that read anything else are refused.",
        subject: Subject::Line,
        parse: |text, _| Condition::new(text, Kind::ALL).map(|_| Test::On),
    },
    FilterOption {
        name: "skip-unchanged",
        value_name: None,
        help: "Leave out changes in which no field differs (`changed` is empty)",
        more: "",
        subject: Subject::Unchanged,
        parse: |text, _| switch(text),
    },
    FilterOption {
        name: "no-meta",
        value_name: None,
        help: "Leave out `meta` lines",
        more: "Then nothing tells when events were lost, and `nlstream state` cannot read the lines.",
        subject: Subject::Meta,
        parse: |text, _| switch(text),
    },
];

impl FilterOption {
    /// The filter of that name.
    pub fn find(name: &str) -> Option<&'static FilterOption> {
        FILTERS.iter().find(|option| option.name == name)
    }

    /// Returns true if objects can be compared with it: it selects from a state, too.
    pub fn is_of_objects(&self) -> bool {
        matches!(self.subject, Subject::Object(_) | Subject::Line)
    }

    /// Returns true if its value is a list, each of which `!` negates.
    pub fn is_list(&self) -> bool {
        self.value_name.is_some() && self.subject != Subject::Line
    }

    /// Checks the syntax of a value, and all names but those of a machine. `families`: the netlink
    /// families that the kernel has, which are asked for only if the value is no other name.
    ///
    /// # Errors
    /// If it is invalid.
    pub fn check(&self, text: &str, families: impl FnOnce() -> Vec<String>) -> Result<(), Fault> {
        match self.check_with(text, &[]) {
            Err(_) if self.subject == Subject::Object(Property::Family) => {
                self.check_with(text, &families())
            }
            result => result,
        }
    }

    fn check_with(&self, text: &str, families: &[String]) -> Result<(), Fault> {
        let names = Names::builtin();
        let vocabulary = Vocabulary {
            names: &names,
            is_open: true,
            families: Some(families),
        };
        self.term(text, vocabulary).map(|_| ())
    }

    /// Reads a value. True: it is not negated.
    pub(super) fn term(
        &self,
        text: &str,
        vocabulary: Vocabulary<'_>,
    ) -> Result<(bool, Test), Fault> {
        let (accepts, value) = match text.strip_prefix('!') {
            Some(value) if self.is_list() => (false, value),
            _ => (true, text),
        };
        let negation = text.len() - value.len();
        if value.is_empty() {
            return Err(Fault::at(text, negation, "a value is missing"));
        }
        let test = (self.parse)(value, vocabulary).map_err(|fault| fault.within(text, negation))?;
        Ok((accepts, test))
    }

    /// The kinds of which events can pass a value of the filter.
    pub(super) fn kinds(&self, test: &Test) -> KindSet {
        let has = |kind: &Kind| match (self.subject, test) {
            (Subject::Object(Property::Family), Test::Value(pattern)) => {
                let has_field = kind
                    .places()
                    .iter()
                    .any(|place| place.has(Property::Family));
                let mut names = kind_families(*kind);
                let is_of_family = names.any(|it| pattern.matches(Value::Word(it)));
                match kind {
                    // Its `family` is a netlink family.
                    Kind::Generic => !pattern.is_one_of(FAMILIES),
                    // The name of a netlink family is no address family.
                    _ => has_field && !is_netlink_family(pattern) || is_of_family,
                }
            }
            (Subject::Object(property), _) => kind.places().iter().any(|place| place.has(property)),
            (_, Test::Kind(of)) => of == kind,
            (_, Test::Changed(fields)) => fields.iter().any(|(of, _)| of == kind),
            _ => true,
        };
        let kinds: Vec<_> = Kind::ALL.iter().copied().filter(has).collect();
        KindSet::of(&kinds)
    }
}

/// Returns true if the pattern is the name of a netlink protocol.
fn is_netlink_family(pattern: &Pattern) -> bool {
    let protocols = raw::PROTOCOLS.iter().map(|(_, name)| *name);
    let names = protocols.chain(SUBSYSTEMS.iter().map(|it| it.name()));
    let names: Vec<_> = names.map(|name| (0, name)).collect();
    pattern.is_one_of(&names)
}

impl Test {
    /// Returns true if the event passes, without a look at the properties of its object.
    pub(super) fn passes(&self, event: &Event) -> bool {
        match self {
            Test::Kind(kind) => event.payload.kind() == *kind,
            Test::Op(op) => event.op == *op,
            Test::Origin(origin) => event.origin == Some(*origin),
            Test::ByComm(pattern) => {
                let comm = event.by.as_ref().and_then(|by| by.comm.as_ref());
                comm.is_some_and(|comm| pattern.matches(Value::Device(comm.as_bytes())))
            }
            Test::Changed(fields) => {
                let kind = event.payload.kind();
                let mask = event.change.as_ref().map_or(0, |change| change.mask());
                fields
                    .iter()
                    .any(|(of, wanted)| *of == kind && mask & wanted != 0)
            }
            Test::Value(_) | Test::On | Test::Off => true,
        }
    }
}

/// The names of the netlink family of a kind. That of `generic` is a field of the payload.
pub(super) fn kind_families(kind: Kind) -> impl Iterator<Item = &'static str> {
    let id = kind.netlink_family().filter(|_| kind != Kind::Generic);
    let names = |id| {
        let umbrella = subsystem(id).and_then(Subsystem::umbrella);
        [protocol(id).name()].into_iter().chain(umbrella)
    };
    id.into_iter().flat_map(names)
}

fn op(text: &str) -> Result<Op, Fault> {
    let found = OPS.iter().find(|op| op.name().eq_ignore_ascii_case(text));
    found.copied().ok_or_else(|| {
        let names: Vec<_> = OPS.iter().map(|op| op.name()).collect();
        Fault::unknown(text, 0, "operation", text, &names)
    })
}

fn origin(text: &str) -> Result<Origin, Fault> {
    let is_named = |origin: &&Origin| origin.name().eq_ignore_ascii_case(text);
    ORIGINS.iter().find(is_named).copied().ok_or_else(|| {
        let names: Vec<_> = ORIGINS.iter().map(|origin| origin.name()).collect();
        Fault::unknown(text, 0, "origin", text, &names)
    })
}

fn switch(text: &str) -> Result<Test, Fault> {
    match text {
        "true" => Ok(Test::On),
        "false" => Ok(Test::Off),
        _ => Err(Fault::unknown(text, 0, "value", text, &["true", "false"])),
    }
}

/// The fields of that name, of every kind that has one.
fn changed(text: &str) -> Result<Vec<(Kind, Mask)>, Fault> {
    let fields = |kind: Kind| kind.fields().unwrap_or_default();
    let found = Kind::ALL.iter().filter_map(|kind| {
        let bit = fields(*kind).iter().position(|field| *field == text)?;
        Some((*kind, 1 << bit))
    });
    let found: Vec<_> = found.collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let mut names: Vec<_> = Kind::ALL.iter().flat_map(|kind| fields(*kind)).collect();
    names.sort_unstable();
    names.dedup();
    Err(Fault::unknown(text, 0, "field", text, &names))
}

/// # Errors
/// If the kernel's netlink families are known, and the text names neither one of them nor another
/// family that this build knows.
fn check_family(what: &str, text: &str, vocabulary: Vocabulary<'_>) -> Result<(), Fault> {
    let Some(of_kernel) = vocabulary.families else {
        return Ok(());
    };
    let mut of_build: Vec<_> = raw::PROTOCOLS.iter().map(|row| row.1).collect();
    of_build.extend(SUBSYSTEMS.iter().map(|it| it.name()));
    of_build.extend(NAMES);
    if let Some((name, event)) = text.split_once('=')
        && event_of(text).is_none()
        && group_of(text).is_none()
    {
        let mut all = SUBSYSTEMS.iter();
        let subsystem = all.find(|it| it.name().eq_ignore_ascii_case(name));
        let events = subsystem.into_iter().flat_map(|it| it.events());
        let events: Vec<_> = events.chain(groups_of(name)).collect();
        return Err(match events.is_empty() {
            true => Fault::new(
                text,
                format!("no events of `{name}` can be chosen: conntrack and expect have them"),
            ),
            false => Fault::unknown(text, name.len() + 1, "event", event, &events),
        });
    }
    let text = unabbreviated(text);
    let is_text = |name: &str| name.eq_ignore_ascii_case(text);
    let addresses = known(Property::Family, vocabulary.names);
    if is_glob(text)
        || text == ALL
        || addresses.iter().any(|name| is_text(name))
        || of_build.iter().any(|name| is_text(name))
        || of_kernel.iter().any(|name| is_text(name))
    {
        return Ok(());
    }
    let of_kernel = match of_kernel {
        [] => "none, or it does not tell".to_owned(),
        names => names.join(", "),
    };
    Err(Fault::unknown(text, 0, what, text, &addresses)
        .with(format!(
            "; netlink families of this kernel: {of_kernel}; of this build: {}, all",
            of_build.join(", ")
        ))
        .with_wildcard())
}

/// A name or a number. A number that has a name on the machine is the same as the name.
fn word(
    property: Property,
    what: &str,
    text: &str,
    vocabulary: Vocabulary<'_>,
) -> Result<Test, Fault> {
    let word = match property {
        Property::Family if text == ALL => Word::parse("*")?,
        Property::Family => Word::parse(unabbreviated(text))?,
        _ => Word::parse(text)?,
    };
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let names = vocabulary.names;
    if is_number {
        let number = text.parse().map_err(|_| {
            Fault::new(
                text,
                format!("`{text}` is no {what}: its number has at most 32 bits"),
            )
        })?;
        let name = match property {
            Property::Table => names.tables.symbol(number),
            Property::Protocol => names.protocols.symbol(number),
            Property::Family => Symbol::of(number, FAMILIES),
            _ => Symbol::Number(number),
        };
        let name = Word::Name(name.to_string());
        return Ok(Test::Value(Pattern::Word(name)));
    }
    let is_of_machine = matches!(property, Property::Table | Property::Protocol);
    let is_open = is_of_machine && vocabulary.is_open;
    if property == Property::Family {
        check_family(what, text, vocabulary)?;
    } else if !is_glob(text) && !is_open {
        let known = known(property, names);
        if !known.iter().any(|name| name.eq_ignore_ascii_case(text)) {
            return Err(Fault::unknown(text, 0, what, text, &known).with_wildcard());
        }
    }
    Ok(Test::Value(Pattern::Word(word)))
}
