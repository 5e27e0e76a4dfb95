//! packaging/fleet/*.sql: the model of a fleet's lines for databases. One template serves all of
//! them; what differs between them is in [`Dialect`].

use std::error::Error;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Value as Template, context};
use nlstream::schema;
use serde_json::Value;

const TEMPLATE: &str = include_str!("model.sql");

/// A database for which the model is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    ClickHouse,
    DuckDb,
    PostgreSql,
}

use Dialect::{ClickHouse, DuckDb, PostgreSql};

/// The databases, with the path of each file.
pub const FILES: [(Dialect, &str); 3] = [
    (ClickHouse, "packaging/fleet/clickhouse.sql"),
    (DuckDb, "packaging/fleet/duckdb.sql"),
    (PostgreSql, "packaging/fleet/postgresql.sql"),
];

/// The columns that the view of each kind has beside those of its payload.
const HEAD: [&str; 11] = [
    "host", "run", "seq", "time", "op", "origin", "netns", "ifname", "id", "details", "object",
];

/// Returns the statements for a database.
pub fn statements(dialect: Dialect) -> Result<String, Box<dyn Error>> {
    let schema = schema::schema();
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .keep_trailing_newline(true)
            .build()?,
    );
    environment.add_function("begin", move |name: &str, returns: &str| {
        dialect.begin(name, returns)
    });
    environment.add_function("call", move |name: &str| dialect.call(name));
    environment.add_template("model", TEMPLATE)?;
    let values = context! {
        dialect => dialect.key(),
        engine => dialect.name(),
        kinds => kinds(&schema, dialect),
        head => HEAD.join(", "),
        columns => dialect.columns().join(",\n  "),
        timestamp => dialect.pick("DateTime64(9, 'UTC')", "TIMESTAMP_NS", "timestamptz"),
        json => dialect.pick("String", "JSON", "jsonb"),
        integer => dialect.pick("toInt64", "", ""),
        moment => dialect.moment(),
        old_gateway => dialect.text("details", "old.gateway"),
        old_lladdr => dialect.text("details", "old.lladdr"),
        by_comm => dialect.text("details", "by.comm"),
        by_unit => dialect.text("details", "by.unit"),
        local => dialect.text("object", "local"),
        scope => dialect.text("object", "scope"),
        changed_operstate => dialect.has("details", "changed", "operstate"),
        changed_state => dialect.has("details", "changed", "state"),
        changed_lladdr => dialect.has("details", "changed", "lladdr"),
        is_failed => dialect.has("object", "state", "FAILED"),
        hour => dialect.pick("toStartOfHour(time)", "date_trunc('hour', time)", "date_trunc('hour', time)"),
        end => dialect.pick(";", ";", "$$;"),
        settings => dialect.pick("\nSETTINGS join_use_nulls = 1", "", ""),
    };
    Ok(environment.get_template("model")?.render(values)?)
}

/// The kinds whose lines can be folded: their names, and the columns of their views, one for each
/// property of the payload that is a single value.
fn kinds(schema: &Value, dialect: Dialect) -> Vec<Template> {
    let defs = &schema["$defs"];
    let lines = defs.as_object().into_iter().flatten();
    let with_key = lines.filter(|(_, line)| line["x-key"].is_array());
    let names = with_key.filter_map(|(name, _)| name.strip_prefix("line_"));
    let kinds = names.map(|kind| {
        let properties = defs[kind]["properties"].as_object();
        let columns = properties
            .into_iter()
            .flatten()
            .filter_map(|(name, property)| {
                let expression = match simple_type(defs, property)? {
                    "integer" => dialect.integer("object", name),
                    "boolean" => dialect.boolean("object", name),
                    _ => dialect.text("object", name),
                };
                let name = match HEAD.contains(&name.as_str()) {
                    true => format!("{kind}_{name}"),
                    false => name.clone(),
                };
                Some(context! { name, expression })
            });
        context! { name => kind, columns => columns.collect::<Vec<_>>() }
    });
    kinds.collect()
}

/// The JSON type of a property that is a single value; `None` for objects and arrays.
fn simple_type<'a>(defs: &'a Value, property: &'a Value) -> Option<&'a str> {
    if let Some(name) = property["$ref"].as_str() {
        return simple_type(defs, &defs[name.strip_prefix("#/$defs/")?]);
    }
    let name = property["type"].as_str()?;
    matches!(name, "string" | "integer" | "boolean").then_some(name)
}

impl Dialect {
    fn name(self) -> &'static str {
        self.pick("ClickHouse", "DuckDB", "PostgreSQL")
    }

    /// The name in the template.
    fn key(self) -> &'static str {
        self.pick("clickhouse", "duckdb", "postgresql")
    }

    fn pick(
        self,
        clickhouse: &'static str,
        duckdb: &'static str,
        postgresql: &'static str,
    ) -> &'static str {
        match self {
            ClickHouse => clickhouse,
            DuckDb => duckdb,
            PostgreSql => postgresql,
        }
    }

    /// The text at a path of JSON, its parts separated by points; NULL or empty if it is absent.
    fn text(self, json: &str, path: &str) -> String {
        match self {
            ClickHouse => format!("JSONExtractString({json}, {})", arguments(path)),
            DuckDb => format!("{json}->>'$.{path}'"),
            PostgreSql => format!("{json} #>> '{{{}}}'", path.replace('.', ",")),
        }
    }

    fn integer(self, json: &str, path: &str) -> String {
        match self {
            ClickHouse => format!(
                "JSONExtract({json}, {}, 'Nullable(Int64)')",
                arguments(path)
            ),
            _ => format!("CAST({} AS bigint)", self.text(json, path)),
        }
    }

    fn boolean(self, json: &str, path: &str) -> String {
        match self {
            ClickHouse => format!("JSONExtract({json}, {}, 'Nullable(Bool)')", arguments(path)),
            _ => format!("CAST({} AS boolean)", self.text(json, path)),
        }
    }

    fn time(self, json: &str, path: &str) -> String {
        let text = self.text(json, path);
        match self {
            ClickHouse => format!("parseDateTime64BestEffortOrNull({text}, 9, 'UTC')"),
            DuckDb => format!("CAST({text} AS TIMESTAMP_NS)"),
            // Up to the next microsecond: a line after a moment in whole microseconds stays after it.
            PostgreSql => format!(
                "CAST(substr({text}, 1, 26) || 'Z' AS timestamptz) \
                 + CASE WHEN substr({text}, 27, 3) > '000' THEN interval '1 microsecond' ELSE interval '0' END"
            ),
        }
    }

    /// The JSON at a path, as text.
    fn raw(self, json: &str, path: &str) -> String {
        match self {
            ClickHouse => format!("JSONExtractRaw({json}, {})", arguments(path)),
            DuckDb => format!("CAST({json}->'$.{path}' AS text)"),
            PostgreSql => format!("CAST({json} #> '{{{}}}' AS text)", path.replace('.', ",")),
        }
    }

    /// Whether an array of texts has an element.
    fn has(self, json: &str, array: &str, element: &str) -> String {
        match self {
            ClickHouse => {
                format!("has(JSONExtract({json}, '{array}', 'Array(String)'), '{element}')")
            }
            DuckDb => format!("list_contains(CAST({json}->'$.{array}' AS VARCHAR[]), '{element}')"),
            PostgreSql => format!("({json} -> '{array}') ? '{element}'"),
        }
    }

    /// The columns of the table, from `line`.
    fn columns(self) -> Vec<String> {
        let (text, integer) = (
            |path| self.text("line", path),
            |path| self.integer("line", path),
        );
        let object = self.pick(
            "JSONExtractRaw(line, JSONExtractString(line, 'kind'))",
            "json_extract(line, '$.' || (line->>'$.kind'))",
            "line -> (line ->> 'kind')",
        );
        let columns = [
            ("host", text("host")),
            ("run", text("run")),
            ("seq", integer("seq")),
            ("time", self.time("line", "time")),
            ("kind", text("kind")),
            ("op", text("op")),
            ("origin", text("origin")),
            (
                "netns",
                format!("coalesce({}, '')", self.raw("line", "netns")),
            ),
            ("ifname", text("ifname")),
            ("id", format!("coalesce({}, '')", text("id"))),
            ("object", object.to_owned()),
            ("details", self.details()),
            ("checkpoint", integer("meta.checkpoint")),
            ("lost", integer("meta.lost")),
            ("cause", text("meta.cause")),
            ("gap_from", self.time("line", "meta.from")),
            ("incomplete", self.raw("line", "meta.incomplete")),
            ("kinds", self.raw("line", "meta.kinds")),
            ("follows_run", text("meta.follows.run")),
            ("follows_seq", integer("meta.follows.seq")),
        ];
        let columns = columns.into_iter();
        columns
            .map(|(name, expression)| format!("{expression} AS {name}"))
            .collect()
    }

    /// What a line has beside its object, as one JSON object.
    fn details(self) -> String {
        let members = ["changed", "old", "by", "nl"];
        let each = |member: &dyn Fn(&str) -> String| members.map(member).join(", ");
        match self {
            ClickHouse => {
                let member = |name: &str| {
                    let raw = self.raw("line", name);
                    format!("'\"{name}\":', if({raw} = '', 'null', {raw})")
                };
                let all = members.map(member).join(", ',', ");
                format!("concat('{{', {all}, '}}')")
            }
            DuckDb => format!(
                "json_object({})",
                each(&|name| format!("'{name}', line->'$.{name}'"))
            ),
            PostgreSql => {
                let members = each(&|name| format!("'{name}', line -> '{name}'"));
                format!("jsonb_strip_nulls(jsonb_build_object({members}))")
            }
        }
    }

    /// The parameter of a function.
    fn moment(self) -> &'static str {
        self.pick("{moment:DateTime64(9, 'UTC')}", "moment", "moment")
    }

    /// The beginning of the definition of a function with the parameter `moment`. `returns`: the
    /// names and types of its columns.
    fn begin(self, name: &str, returns: &str) -> String {
        match self {
            ClickHouse => format!("CREATE VIEW {name} AS"),
            DuckDb => format!("CREATE MACRO {name}(moment) AS TABLE"),
            PostgreSql => format!(
                "CREATE FUNCTION {name}(moment timestamptz) RETURNS TABLE ({returns}) LANGUAGE sql STABLE AS $$"
            ),
        }
    }

    /// A call of such a function, with the parameter of the function around it.
    fn call(self, name: &str) -> String {
        match self {
            ClickHouse => format!("{name}(moment = {})", self.moment()),
            _ => format!("{name}({})", self.moment()),
        }
    }
}

/// The parts of a path as arguments.
fn arguments(path: &str) -> String {
    let parts: Vec<_> = path.split('.').map(|part| format!("'{part}'")).collect();
    parts.join(", ")
}
