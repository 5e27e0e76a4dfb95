//! The condition: what it refuses, what it costs, and what it warns of.

use std::cell::RefCell;

use jaq_json::Val;

use super::*;
use crate::kind::fields::Mask;

thread_local! {
    static NOTED: RefCell<Vec<Val>> = const { RefCell::new(Vec::new()) };
}

/// Notes the value on which an expression is evaluated.
pub(super) fn note(value: &Result<Val, String>) {
    let value = value.as_ref().unwrap().clone();
    NOTED.with_borrow_mut(|noted| noted.push(value));
}

/// The values on which expressions were evaluated since the last call.
pub(crate) fn take_noted() -> Vec<Val> {
    NOTED.take()
}

/// A line with 200 next hops.
fn line() -> String {
    let hops: Vec<_> = (0..200)
        .map(|at| format!(r#"{{"ifindex":{at},"weight":{}}}"#, at % 5))
        .collect();
    let hops = hops.join(",");
    format!(
        r#"{{"v":1,"run":"00000000","seq":7,"time":"2026-11-24T10:00:00.000000000Z","kind":"route","op":"add","origin":"kernel","route":{{"family":"inet","dst":"192.0.2.0/24","table":"main","nexthops":[{hops}]}}}}"#
    )
}

/// Evaluates an expression; `None` if the evaluation fails.
fn evaluate(text: &str) -> Option<bool> {
    let condition = Condition::of_lines(text, Kind::ALL).unwrap_or_else(|fault| panic!("{fault}"));
    let passes = condition.passes_line(&line());
    match condition.failures() {
        0 => Some(passes),
        _ => None,
    }
}

fn fault(text: &str) -> String {
    let fault = Condition::new(text, Kind::ALL).map(|_| ());
    fault.expect_err(text).to_string()
}

#[test]
fn conditions_are_true_as_in_jq() {
    for text in [
        r#".kind == "route""#,
        r#".route.dst | startswith("192.0.2.")"#,
        r#"any(.route.nexthops[]; .ifindex == 199)"#,
        r#".route.nexthops | any(.ifindex == 199)"#,
        r#"[.route.nexthops[] | select(.weight > 3)] | length == 40"#,
        r#".route.nexthops | map(.weight) | add == 400"#,
        r#"select(.op == "add") | .route.table"#,
        r#"false, null, .seq"#,
        r#".route.metric < 100"#,
        r#"(.route.metric // 0) < 100"#,
        r#".route.table | IN("main", "local")"#,
        r#".route | has("dst") and (has("gateway") | not)"#,
        r#".route.dst | test("^192\\.")"#,
        r#".route.dst | test("^192 \\. # comment"; "x")"#,
        r#".route.dst | split("/") | .[1] | tonumber == 24"#,
        r#".route.nexthops as $all | ($all | length) as $n | $n * 2 == 400"#,
        r#".route as {$dst, table: $t} | $t == "main" and $dst != null"#,
        r#"if .route.metric then false elif .route.dst then true else false end"#,
        r#"try (.kind + "x" | .x) catch true"#,
        r#"[.route.nexthops[].weight] | unique | length == 5"#,
        r#".route.nexthops | min_by(.weight).ifindex == 0 and (max_by(.ifindex).ifindex == 199)"#,
        r#".route.nexthops | group_by(.weight) | length == 5"#,
        r#""\(.route.table)/\(.seq)" == "main/7""#,
        r#"{a: .seq, table: .route.table} == {"a": 7, "table": "main"}"#,
        r#"[.route.table, .op] | join("-") == "main-add""#,
        r#".route.dst | ascii_upcase | ltrimstr("192.") == "0.2.0/24""#,
        r#"first(.route.nexthops[] | select(.ifindex > 5)).ifindex == 6"#,
        r#"[limit(3; .route.nexthops[])] | length == 3"#,
        r#".route | keys | contains(["dst"]) and ("dst" | inside("dst, table"))"#,
        r#"[..] | length > 400"#,
        r#".route.nexthops[-1].ifindex == 199 and (.route.nexthops[2:4] | length) == 2"#,
        r#".seq - 8 | abs == 1"#,
        r#".["route"]["dst"] and .route."dst""#,
        r#".route.nexthops | all(.weight < 5) and (isempty(.[] | select(.weight == 9)))"#,
        "# comment\n.seq",
    ] {
        assert_eq!(evaluate(text), Some(true), "{text}");
    }
    for text in [
        r#"null, false"#,
        r#"empty"#,
        r#".route.metric"#,
        r#".route.metric > 100"#,
        r#".route.nexthops | any(.ifindex == 200)"#,
        r#"select(.op == "delete")"#,
        r#".link.mtu"#,
        r#"(.kind + "x" | .x)?"#,
        r#"not"#,
    ] {
        assert_eq!(evaluate(text), Some(false), "{text}");
    }
    for text in [
        r#".kind + "x" | .x"#,
        r#".route.dst + 1"#,
        r#".route | tonumber"#,
    ] {
        assert_eq!(evaluate(text), None, "{text}");
    }
}

/// Each would take minutes or gigabytes in jq. Here it takes milliseconds.
#[test]
fn an_evaluation_without_end_is_cut_off() {
    let doubled = |each: &str, count: usize| vec![each; count].join(" | ");
    let text = |count: usize| {
        let sums = vec!["($a + $a) as $a"; count].join(" | ");
        format!(
            "\"{}\" as $a | {sums} | ($a | length) == 0",
            "x".repeat(400)
        )
    };
    let hops = ".route.nexthops[] as $x";
    for text in [
        format!("{} | false", doubled("(., .)", 35)),
        format!("[{}] | false", doubled("(., .)", 35)),
        format!("{} | . == 1", doubled("[., .]", 35)),
        format!("{} | tojson | false", doubled("[., .]", 35)),
        format!("{} | length == 0", doubled("{a: ., b: .}", 24)),
        format!("{} | [..] | false", doubled("[., .]", 35)),
        text(30),
        text(12).replace("($a + $a)", r#""\($a)\($a)""#),
        text(12).replace("($a + $a)", r#"([$a, $a] | join(""))"#),
        r#""x" * 1000000000000 | length == 0"#.to_owned(),
        r#"1000000000000 * "x" | length == 0"#.to_owned(),
        format!("9999999 as $a | {} | false", vec!["($a * $a) as $a"; 25].join(" | ")),
        format!("{hops} | {hops} | {hops} | {hops} | false"),
        format!("[{hops} | {hops} | {hops} | {hops} | $x] | false"),
        r#"[(1, 2, 3, 4) + (1, 2, 3, 4) + (1, 2, 3, 4) + (1, 2, 3, 4) + (1, 2, 3, 4) + (1, 2, 3, 4) + (1, 2, 3, 4) + (1, 2, 3, 4) + (1, 2, 3, 4) + (1, 2, 3, 4)] | false"#.to_owned(),
        format!("[.[{}]?] | false", vec![r#"("a", "b")"#; 20].join("][")),
        format!("{{{}}} | false", (0..30).map(|at| format!("a{at}: (1, 2)")).collect::<Vec<_>>().join(", ")),
        format!(r#""{}" | false"#, vec![r"\(1, 2)"; 30].join("")),
        format!("({}) | false", vec!["(true, true)"; 30].join(" and ")),
        format!("[if {} then 1 else 2 end] | false", vec!["(true, true)"; 30].join(" and ")),
        format!("try ({}) catch false | false", doubled("(., .)", 35)),
        format!("first({} | empty) | false", doubled("(., .)", 35)),
        "[.route.nexthops[] | .weight as $w | [..] | map([$w, .]) | group_by(.) | .[] | tojson] | map([., .] | map([., .])) | tojson | false".to_owned(),
        format!(".. as {{({}): $x}} | false", doubled("(\"a\", \"b\")", 30)),
    ] {
        let begun = std::time::Instant::now();
        let result = evaluate(&text);
        assert_eq!(result, None, "{text}");
        let seconds = begun.elapsed().as_secs();
        assert!(seconds < 20, "{seconds} s: {text}");
    }
}

/// On a stack of the size that a main thread has, in a build that is not optimized.
#[test]
fn the_deepest_expressions_are_evaluated() {
    let thread = std::thread::Builder::new().stack_size(8 << 20);
    thread.spawn(evaluate_deepest).unwrap().join().unwrap();
}

fn evaluate_deepest() {
    let depth = 120;
    for text in [
        format!("{}true", "try ".repeat(250)),
        format!("{}true", "true | ".repeat(depth)),
        format!("{}true", ". as $x | ".repeat(50)),
        format!("{}1 == 0", "-".repeat(250)),
        format!("{}true", "true and ".repeat(depth)),
        format!("{}true", "false or ".repeat(depth)),
        format!("{}true", "null // ".repeat(depth)),
        format!("{}true{}", "(".repeat(32), ")".repeat(32)),
        format!("{}1{} | length", "[".repeat(32), "]".repeat(32)),
        format!(
            "{}true{}",
            "if true then ".repeat(40),
            " else false end".repeat(40)
        ),
        format!("0{} > 1", " + 1".repeat(120)),
        format!(".{}", "?".repeat(250)),
    ] {
        let _ = evaluate(&text);
    }
    // Parts that the check visits more than once must have no parts in them.
    let nested = format!("{}.a{} and 1", "(".repeat(30), " and 1).a?".repeat(30));
    let _ = Condition::of_lines(&nested.replace(".a", "[.seq][0]"), Kind::ALL);
    let index = format!("{}.seq{}", ".[".repeat(30), " and 1]?".repeat(30));
    let _ = Condition::of_lines(&index, Kind::ALL);
    for text in [
        "(".repeat(4000),
        "[".repeat(40) + "1" + &"]".repeat(40),
        "try ".repeat(600) + "1",
        "-".repeat(3000) + "1",
        format!(".kind == \"{}\"", "x".repeat(5000)),
    ] {
        let _ = fault(&text);
    }
}

#[test]
fn a_comparison_with_a_field_that_may_be_absent_has_a_warning() {
    let warnings = |text: &str| {
        let condition = Condition::new(text, Kind::ALL).unwrap_or_else(|it| panic!("{it}"));
        let warnings = condition.warnings().iter().map(ToString::to_string);
        warnings.collect::<Vec<_>>()
    };
    assert_eq!(
        warnings(".route.metric < 100"),
        [
            "`.route.metric` may be absent, and null < 100 is true in jq; write (.route.metric // 0), at character 2 of `.route.metric < 100`"
        ]
    );
    assert!(warnings("100 >= .route.metric")[0].contains("100 >= null is true"));
    assert!(warnings(".route.metric >= 100")[0].contains("null >= 100 is false"));
    // Of another kind, the payload is absent.
    assert_eq!(warnings(".link.mtu < 1500").len(), 1);
    for text in [
        r#".kind == "link" and .link.ifindex < 5"#,
        "(.route.metric // 0) < 100",
        ".route.metric and .route.metric < 100",
        ".route.metric != null and .route.metric < 100",
        ".route.metric == 100",
        r#".time > "2026""#,
        "(.route.nexthops | length) > 1",
    ] {
        assert_eq!(warnings(text), [""; 0], "{text}");
    }
}

#[test]
fn only_what_is_read_is_wanted() {
    let names = ["family", "dst", "nexthops"];
    for (text, members, fields) in [
        (".route.dst", "route", 0b010),
        (".route.nexthops[0].weight > 3", "route", 0b100),
        (".route", "route", 0),
        ("(.route | length) > 3", "route", Mask::MAX),
        ("has(\"route\") | not", "v seq route", Mask::MAX),
        (".seq > 3 and .op", "seq", 0),
    ] {
        let condition = Condition::of_lines(text, Kind::ALL).unwrap();
        let wanted = &condition.rest.as_ref().unwrap().wanted;
        for member in ["v", "seq", "route"] {
            let is_wanted = members.split(' ').any(|it| it == member);
            assert_eq!(
                wanted.member(member).is_some(),
                is_wanted,
                "{text} {member}"
            );
        }
        let mask = wanted.member("route").map_or(0, |it| it.mask(&names));
        assert_eq!(mask, fields, "{text}");
    }
}

#[test]
fn top_level_conditions_are_native() {
    for (text, native, is_evaluated) in [
        (r#".kind == "link""#, 1, false),
        (r#".kind == "link" and .op != "delete""#, 2, false),
        (
            r#"("link" == .kind or .kind == "route") and .origin == "kernel""#,
            2,
            false,
        ),
        (r#".kind == "link" and .link.mtu > 1500"#, 1, true),
        (r#".kind == "link" or .link.mtu > 1500"#, 0, true),
        (r#".kind == "link" or .op == "add""#, 0, true),
        (r#".kind == .op"#, 0, true),
        (r#"(.kind == "link") == false"#, 0, true),
        (r#".kind == "link" | not"#, 0, true),
    ] {
        let condition = Condition::new(text, Kind::ALL).unwrap();
        assert_eq!(condition.native.len(), native, "{text}");
        assert_eq!(condition.is_evaluated(), is_evaluated, "{text}");
    }
}

/// Every function of the table exists, with that number of arguments.
#[test]
fn every_function_can_be_called() {
    for function in functions::FUNCTIONS {
        let arguments = vec!["."; function.arity].join("; ");
        let text = match function.arity {
            0 => function.name.to_owned(),
            _ => format!("{}({arguments})", function.name),
        };
        assert!(Condition::new(&text, Kind::ALL).is_ok(), "{text}");
    }
}

/// Whatever is written there is an error or a condition, and its evaluation ends.
#[test]
fn no_text_makes_the_program_panic() {
    const PIECES: &[&str] = &[
        ".",
        "..",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "\"",
        "\\(",
        "\\u12",
        "$x",
        "as",
        "|",
        ",",
        "//",
        "?",
        "-",
        "*",
        "/",
        "%",
        "==",
        "<",
        "and",
        "or",
        "if",
        "then",
        "else",
        "end",
        "try",
        "catch",
        ":",
        ";",
        "@text",
        "#",
        "é",
        "9223372036854775807",
        "-9223372036854775808",
        "1e400",
        "0.1",
        ".route",
        ".nexthops",
        "[-1]",
        "[1:]",
        "[:-1]",
        "limit",
        "nth",
        "test",
        "\"(\"",
        "first",
        "min_by",
        "tonumber",
        "join",
        "null",
        "contains",
        "%0",
        "reduce",
        "\u{0}",
        "\n",
        "length",
        "&&",
        "'",
        "::",
        "not",
        "any",
        "..[",
        "? //",
        ". as [$a, {b: $c}] |",
    ];
    let mut state = 1u64;
    let mut random = |limit: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit
    };
    let line = line();
    let mut conditions = 0;
    for _ in 0..6000 {
        let pieces = (0..1 + random(9)).map(|_| PIECES[random(PIECES.len())]);
        let text = pieces
            .collect::<Vec<_>>()
            .join(if random(3) == 0 { "" } else { " " });
        if let Ok(condition) = Condition::of_lines(&text, Kind::ALL) {
            let _ = condition.passes_line(&line);
            conditions += 1;
        }
    }
    assert!(conditions > 100, "{conditions}");
    for text in [
        "-9223372036854775808 % -1",
        "(-9223372036854775807 - 1) % (0 - 1)",
        "-(-9223372036854775807 - 1)",
        "-9223372036854775808 / -1",
        "9223372036854775807 + 1",
        "9223372036854775807 * 9223372036854775807",
        "5 % 0",
        "5 % 0.5",
        "\"\" / \"\"",
        "\"aé\"[1:]",
        "\"é\"[-5:-1]",
        "[][-1:5]",
        "[1][9223372036854775807]",
        "[1][-9223372036854775808]",
        "nth(-1)?",
        "[limit(-1; 1)]",
        "\"x\" * 0.5",
        "\"x\" * -1",
        "1e400 | floor",
        "-1e400 | round",
        "(1e400 - 1e400) | abs",
        "(-9223372036854775807 - 1) | abs",
        "[1, 2][0.5]?",
        "{} | keys",
        "[[]] | add",
        "[] | add",
        "[] | min",
        "[] | group_by(.)",
        "\"\" | split(\"\")",
        "\"a\" | test(\"\")",
        "\"a\" | ltrimstr(1)?",
        "[3] | join(\",\")",
        "[null, 1, true] | join(\"é\")",
    ] {
        let _ = Condition::of_lines(text, Kind::ALL).map(|it| it.passes_line(&line));
    }
}
