//! The options that the documentation names exist.

use crate::common;

#[test]
fn options_in_the_pages_exist() {
    let help = String::from_utf8(common::nlstream(&["--help"]).stdout).unwrap();
    for page in ["docs/cookbook.md", "docs/operating.md", "README.md"] {
        let text = std::fs::read_to_string(common::root().join(page)).unwrap();
        let lines = text
            .lines()
            .filter(|line| line.contains("nlstream") && !line.contains("cargo"));
        let options = lines.flat_map(|line| line.split_whitespace());
        let options = options.filter_map(|word| {
            word.trim_matches(['`', '(', ',', '.', '|'])
                .strip_prefix("--")
        });
        for option in options {
            let name = option.split(['=', '`', ',', ';', '|', ')']).next().unwrap();
            let known = help.contains(&format!("--{name}"))
                || ["at", "partial", "run", "unbuffered", "release", "now"].contains(&name);
            assert!(known || name.is_empty(), "{page}: --{name}");
        }
    }
}
