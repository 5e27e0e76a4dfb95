//! Reads the kernel's type information (BTF, Documentation/bpf/btf.rst).

use std::io;

/// The types of the running kernel.
pub(super) struct Btf {
    bytes: Vec<u8>,
    /// Offset of each type in `bytes`; ids begin at 1.
    types: Vec<usize>,
    /// Offset of the strings in `bytes`.
    strings: usize,
}

const PTR: u32 = 2;
const STRUCT: u32 = 4;
const UNION: u32 = 5;
const TYPEDEF: u32 = 8;
const VOLATILE: u32 = 9;
const CONST: u32 = 10;
const RESTRICT: u32 = 11;
const VAR: u32 = 14;
const TYPE_TAG: u32 = 18;

/// Length of the fixed part of a type, bytes.
const HEAD: usize = 12;
/// Maximum depth of anonymous members and modifiers.
const DEPTH: u32 = 16;

impl Btf {
    /// # Errors
    /// If it is not type information in the byte order of this machine.
    pub(super) fn parse(bytes: Vec<u8>) -> io::Result<Self> {
        let mut btf = Btf {
            bytes,
            types: vec![0],
            strings: 0,
        };
        btf.index()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "unknown format"))?;
        Ok(btf)
    }

    fn index(&mut self) -> Option<()> {
        const MAGIC: u16 = 0xeb9f;
        let magic = u16::from_ne_bytes(*self.bytes.first_chunk()?);
        if magic != MAGIC {
            return None;
        }
        let header = self.u32(4)? as usize;
        let field = |at| Some(self.u32(at)? as usize);
        let (from, length) = (header.checked_add(field(8)?)?, field(12)?);
        self.strings = header.checked_add(field(16)?)?;
        let mut at = from;
        while at < from.checked_add(length)? {
            let info = self.u32(at.checked_add(4)?)?;
            let count = (info & 0xffff) as usize;
            // The length of what follows, by kind (linux/btf.h).
            let more = match info >> 24 & 0x1f {
                1 | VAR | 17 => 4,
                3 => 12,
                STRUCT | UNION | 15 | 19 => 12 * count,
                6 | 13 => 8 * count,
                PTR | 7..=RESTRICT | 12 | 16 | TYPE_TAG => 0,
                _ => return None,
            };
            self.types.push(at);
            at += HEAD + more;
        }
        Some(())
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..)?.first_chunk()?;
        Some(u32::from_ne_bytes(*bytes))
    }

    /// Kind of a type, the number of its members, and its name's offset and further word.
    fn head(&self, id: u32) -> Option<(u32, usize, u32, u32)> {
        let at = *self.types.get(id as usize).filter(|at| **at > 0)?;
        let info = self.u32(at + 4)?;
        let count = (info & 0xffff) as usize;
        Some((info >> 24 & 0x1f, count, self.u32(at)?, self.u32(at + 8)?))
    }

    fn is_named(&self, offset: u32, name: &str) -> bool {
        let text = self.bytes.get(self.strings + offset as usize..);
        let rest = text.and_then(|text| text.strip_prefix(name.as_bytes()));
        rest.is_some_and(|rest| rest.first() == Some(&0))
    }

    fn find(&self, kind: u32, name: &str) -> Option<u32> {
        let mut ids = 1..self.types.len() as u32;
        ids.find(|id| {
            self.head(*id)
                .is_some_and(|(its, _, text, _)| its == kind && self.is_named(text, name))
        })
    }

    /// Id of the structure of that name.
    pub(super) fn structure(&self, name: &str) -> Option<u32> {
        self.find(STRUCT, name)
    }

    /// Id and type of the per-CPU variable of that name.
    pub(super) fn variable(&self, name: &str) -> Option<(u32, u32)> {
        let id = self.find(VAR, name)?;
        let (.., of) = self.head(id)?;
        Some((id, of))
    }

    /// Offset of a member of a structure, bytes, and the member's type. Anonymous members are
    /// searched too.
    pub(super) fn member(&self, of: u32, name: &str) -> Option<(i16, u32)> {
        let (bits, id) = self.search(of, name, DEPTH)?;
        Some((i16::try_from(bits / 8).ok()?, id))
    }

    fn search(&self, of: u32, name: &str, depth: u32) -> Option<(u32, u32)> {
        let of = self.resolve(of)?;
        let (kind, count, ..) = self.head(of)?;
        if depth == 0 || !matches!(kind, STRUCT | UNION) {
            return None;
        }
        let from = self.types[of as usize] + HEAD;
        (0..count).find_map(|number| {
            let at = from + 12 * number;
            let (text, id) = (self.u32(at)?, self.u32(at + 4)?);
            // The highest byte is the size of a bit field, if the structure has one.
            let offset = self.u32(at + 8)? & 0x00ff_ffff;
            if self.is_named(text, name) {
                return Some((offset, id));
            }
            if !self.is_named(text, "") {
                return None;
            }
            let (inner, id) = self.search(id, name, depth - 1)?;
            Some((offset + inner, id))
        })
    }

    /// The type without names and modifiers.
    fn resolve(&self, mut id: u32) -> Option<u32> {
        for _ in 0..DEPTH {
            match self.head(id)? {
                (TYPEDEF | VOLATILE | CONST | RESTRICT | TYPE_TAG, _, _, of) => id = of,
                _ => return Some(id),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Appends a type.
    fn push(bytes: &mut Vec<u8>, words: &[u32]) {
        bytes.extend(words.iter().flat_map(|word| word.to_ne_bytes()));
    }

    /// `struct task { u32 flags; struct { u32 a; u32 pid; }; };` and `u32 count` in a section.
    fn btf() -> Vec<u8> {
        let strings = b"\0task\0flags\0pid\0count\0a\0";
        let at = |name: &str| {
            let name = [b"\0", name.as_bytes(), b"\0"].concat();
            strings
                .windows(name.len())
                .position(|it| it == name)
                .unwrap() as u32
                + 1
        };
        let mut types = Vec::new();
        push(&mut types, &[0, 1 << 24, 4, 32]);
        push(
            &mut types,
            &[0, 4 << 24 | 2, 8, at("a"), 1, 0, at("pid"), 1, 32],
        );
        push(
            &mut types,
            &[at("task"), 4 << 24 | 2, 12, at("flags"), 1, 0, 0, 2, 32],
        );
        push(&mut types, &[at("count"), 14 << 24, 1, 1]);
        let mut bytes = Vec::new();
        push(
            &mut bytes,
            &[0x1_eb9f, 24, 0, types.len() as u32, types.len() as u32],
        );
        push(&mut bytes, &[strings.len() as u32]);
        bytes.extend(types);
        bytes.extend(strings);
        bytes
    }

    #[test]
    fn members_of_anonymous_structures_are_found() {
        let btf = Btf::parse(btf()).unwrap();
        let task = btf.structure("task").unwrap();
        assert_eq!(btf.member(task, "flags"), Some((0, 1)));
        assert_eq!(btf.member(task, "pid"), Some((8, 1)));
        assert_eq!(btf.member(task, "pi"), None);
        assert_eq!(btf.variable("count"), Some((4, 1)));
        assert_eq!(btf.structure("count"), None);
    }

    #[test]
    fn damaged_type_information_is_refused_or_finds_nothing() {
        let whole = btf();
        for length in 0..whole.len() {
            if let Ok(btf) = Btf::parse(whole[..length].to_vec()) {
                let task = btf.structure("task");
                let _ = task.and_then(|task| btf.member(task, "pid"));
            }
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0xff;
            if let Ok(btf) = Btf::parse(bytes) {
                let task = btf.structure("task");
                let _ = task.and_then(|task| btf.member(task, "pid"));
            }
        }
    }
}
