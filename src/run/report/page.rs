//! The page: styles, scripts and data in one HTML file.

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::rand::{GetRandomFlags, getrandom};

use super::{Report, data};

const HTML: &str = include_str!("page/report.html");
const CSS: &str = include_str!("page/report.css");
const JS: &str = include_str!("page/report.js");
/// uPlot 1.6.32, under the MIT licence.
const UPLOT_JS: &str = include_str!("page/uplot/uPlot.iife.min.js");
const UPLOT_CSS: &str = include_str!("page/uplot/uPlot.min.css");
const UPLOT_LICENSE: &str = include_str!("page/uplot/LICENSE");

/// Returns the page. Everything that others wrote is in its data, which are base64: no text of it can end
/// the element, and the scripts insert it as text only.
pub(super) fn write(report: &Report<'_>) -> io::Result<Vec<u8>> {
    let mut json = GzEncoder::new(Vec::new(), Compression::default());
    data::write(report, io::BufWriter::new(&mut json))?;
    let data = base64(&json.finish()?);
    let nonce = nonce()?;
    let mut page = Vec::with_capacity(data.len() + (256 << 10));
    let mut rest = HTML;
    while let Some((before, from)) = rest.split_once("{{") {
        let (name, after) = from.split_once("}}").unwrap_or((from, ""));
        page.write_all(before.as_bytes())?;
        let value = match name {
            "nonce" => &nonce,
            "css" => CSS,
            "js" => JS,
            "uplot.js" => UPLOT_JS,
            "uplot.css" => UPLOT_CSS,
            "uplot.license" => UPLOT_LICENSE,
            "data" => &data,
            other => return Err(io::Error::other(format!("no part {other}"))),
        };
        page.write_all(value.trim_end().as_bytes())?;
        rest = after;
    }
    page.write_all(rest.as_bytes())?;
    Ok(page)
}

/// What the policy of the page allows its own scripts and styles by: nobody can know it before.
fn nonce() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    let read = getrandom(&mut bytes, GetRandomFlags::empty())?;
    match read == bytes.len() {
        true => Ok(bytes.map(|byte| format!("{byte:02x}")).concat()),
        false => Err(io::Error::other("no random numbers")),
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            text.push(match digit <= chunk.len() {
                true => char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]),
                false => '=',
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    /// A part that ends its element would end it for the browser, wherever it stands.
    #[test]
    fn no_part_of_the_page_ends_its_own_element() {
        for (part, end) in [
            (CSS, "</style"),
            (UPLOT_CSS, "</style"),
            (JS, "</script"),
            (UPLOT_JS, "</script"),
            (UPLOT_LICENSE, "--"),
        ] {
            assert!(!part.to_lowercase().contains(end), "{end}");
        }
    }
}
