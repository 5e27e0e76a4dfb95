//! The functions of jq that a condition may call.
//!
//! Every one ends: none recurses, repeats, or counts to a number that an argument gives, and none reads
//! anything but the event.

/// What a function does with its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// Nothing, or it only looks whether it is true.
    Tested,
    /// It reads it.
    Read,
    /// It only goes through the elements.
    Elements,
}

/// What the arguments of a function are evaluated on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    /// The input.
    Input,
    /// Each element of the input.
    Elements,
    /// The last argument on each output of the first.
    First,
}

/// What a function returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// Its input, or nothing.
    Input,
    /// An element of its input.
    Element,
    /// Outputs of its last argument.
    Argument,
    /// Something else.
    Other,
}

/// How many outputs a function has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// At most one.
    One,
    /// At most one for each output of its arguments.
    PerArgument,
    /// Any number.
    Many,
}

/// A function that a condition may call.
#[derive(Debug)]
pub(super) struct Function {
    pub name: &'static str,
    pub arity: usize,
    pub input: Input,
    pub on: On,
    /// The outputs of the arguments are only tested whether they are true.
    pub tests: bool,
    pub output: Output,
    pub count: Count,
    /// Its time or its result grows with the input.
    pub grows: bool,
}

const fn function(name: &'static str, arity: usize) -> Function {
    Function {
        name,
        arity,
        input: Input::Read,
        on: On::Input,
        tests: false,
        output: Output::Other,
        count: Count::PerArgument,
        grows: false,
    }
}

const fn growing(name: &'static str, arity: usize) -> Function {
    Function {
        grows: true,
        ..function(name, arity)
    }
}

const fn constant(name: &'static str) -> Function {
    Function {
        input: Input::Tested,
        ..function(name, 0)
    }
}

/// `values` and others that return their input or nothing.
const fn choice(name: &'static str) -> Function {
    Function {
        output: Output::Input,
        ..function(name, 0)
    }
}

/// `any` and `all`.
const fn quantifier(name: &'static str, arity: usize) -> Function {
    Function {
        input: match arity {
            2 => Input::Tested,
            _ => Input::Elements,
        },
        on: match arity {
            2 => On::First,
            _ => On::Elements,
        },
        tests: true,
        count: Count::One,
        ..function(name, arity)
    }
}

/// `sort_by` and others that compare what the argument makes of each element.
const fn ordering(name: &'static str) -> Function {
    Function {
        on: On::Elements,
        count: Count::One,
        ..growing(name, 1)
    }
}

/// `first` and others that return outputs of their argument.
const fn outputs(name: &'static str, arity: usize, count: Count) -> Function {
    Function {
        input: Input::Tested,
        output: Output::Argument,
        count,
        ..function(name, arity)
    }
}

/// Every function, in the order of the documentation.
pub(super) const FUNCTIONS: &[Function] = &[
    constant("true"),
    constant("false"),
    constant("null"),
    constant("empty"),
    constant("not"),
    Function {
        input: Input::Tested,
        tests: true,
        output: Output::Input,
        ..function("select", 1)
    },
    quantifier("any", 0),
    quantifier("any", 1),
    quantifier("any", 2),
    quantifier("all", 0),
    quantifier("all", 1),
    quantifier("all", 2),
    Function {
        input: Input::Tested,
        tests: true,
        count: Count::One,
        ..function("isempty", 1)
    },
    Function {
        count: Count::One,
        ..function("IN", 1)
    },
    Function {
        count: Count::One,
        ..function("IN", 2)
    },
    function("has", 1),
    function("in", 1),
    function("contains", 1),
    function("inside", 1),
    function("startswith", 1),
    function("endswith", 1),
    growing("test", 1),
    growing("test", 2),
    function("length", 0),
    function("utf8bytelength", 0),
    growing("ltrimstr", 1),
    growing("rtrimstr", 1),
    growing("trim", 0),
    growing("ltrim", 0),
    growing("rtrim", 0),
    growing("ascii_downcase", 0),
    growing("ascii_upcase", 0),
    growing("split", 1),
    growing("join", 1),
    growing("tostring", 0),
    growing("tojson", 0),
    growing("tonumber", 0),
    function("type", 0),
    choice("values"),
    choice("nulls"),
    choice("booleans"),
    choice("numbers"),
    choice("strings"),
    choice("arrays"),
    choice("objects"),
    choice("iterables"),
    choice("scalars"),
    Function {
        input: Input::Elements,
        on: On::Elements,
        count: Count::One,
        ..function("map", 1)
    },
    Function {
        output: Output::Element,
        ..function("first", 0)
    },
    Function {
        output: Output::Element,
        ..function("last", 0)
    },
    Function {
        output: Output::Element,
        ..function("nth", 1)
    },
    outputs("first", 1, Count::One),
    outputs("last", 1, Count::One),
    outputs("limit", 2, Count::Many),
    growing("add", 0),
    Function {
        count: Count::One,
        ..growing("add", 1)
    },
    growing("min", 0),
    growing("max", 0),
    ordering("min_by"),
    ordering("max_by"),
    growing("sort", 0),
    ordering("sort_by"),
    growing("unique", 0),
    ordering("unique_by"),
    ordering("group_by"),
    growing("reverse", 0),
    growing("keys", 0),
    growing("to_entries", 0),
    function("floor", 0),
    function("ceil", 0),
    function("round", 0),
    function("abs", 0),
];

/// Functions of jq that a condition cannot call, and why.
pub(super) const REFUSED: &[(&[&str], &str)] = &[
    (
        &["now", "localtime", "mktime", "gmtime", "strftime"],
        "a replay would give other lines; compare `.time`, a text in UTC with nine decimals",
    ),
    (
        &[
            "env",
            "$ENV",
            "$__prog_args",
            "$__loc__",
            "input",
            "inputs",
            "debug",
            "stderr",
            "input_line_number",
            "input_filename",
            "get_search_list",
            "halt",
            "halt_error",
        ],
        "a condition reads nothing but the event",
    ),
    (
        &[
            "range",
            "repeat",
            "until",
            "while",
            "recurse",
            "recurse_down",
            "walk",
            "combinations",
            "limit_",
            "env_",
            "paths",
            "leaf_paths",
            "flatten",
            "splits",
            "getpath",
        ],
        "it may not end, or take too long; use `any`, `all`, `map` or `..`",
    ),
    (
        &[
            "match",
            "capture",
            "scan",
            "sub",
            "gsub",
            "ascii",
            "implode",
            "explode",
            "fromjson",
            "index",
            "rindex",
            "indices",
            "from_entries",
            "with_entries",
            "map_values",
            "del",
            "delpaths",
            "setpath",
            "todate",
            "fromdate",
            "fromdateiso8601",
            "todateiso8601",
            "error",
        ],
        "a condition only tests; use `test`, `contains`, `startswith`, `any` or `==`",
    ),
];
