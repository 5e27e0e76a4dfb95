//! The user data of objects, which the kernel keeps for programs without reading it. libnftnl has values
//! of a type and a length of one byte each in it.

use crate::value::Hex;

/// The comment in user data, in which it has the type `comment`; and all bytes, if there is more in
/// them than the comment.
pub(super) fn parse(bytes: &[u8], comment: u8) -> (Option<String>, Option<Hex>) {
    let (mut found, mut has_more) = (None, false);
    let mut rest = bytes;
    while let [kind, length, values @ ..] = rest {
        let Some((value, behind)) = values.split_at_checked(usize::from(*length)) else {
            break;
        };
        let text = value.strip_suffix(b"\0").map(str::from_utf8);
        match text {
            Some(Ok(text)) if *kind == comment && found.is_none() => found = Some(text.to_owned()),
            _ => has_more = true,
        }
        rest = behind;
    }
    let has_more = has_more || !rest.is_empty();
    (found, has_more.then(|| Hex(bytes.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_found_and_nothing_else_is_lost() {
        let of = |bytes: &[u8]| parse(bytes, 0);
        assert_eq!(of(b"\x00\x03hi\0"), (Some("hi".to_owned()), None));
        let two = b"\x01\x01\x07\x00\x03hi\0";
        assert_eq!(of(two), (Some("hi".to_owned()), Some(Hex(two[..].into()))));
        for other in [&b"\x00\x09hi\0"[..], b"\x00\x02hi", b"docker", b"\x00"] {
            assert_eq!(of(other), (None, Some(Hex(other.into()))));
        }
    }
}
