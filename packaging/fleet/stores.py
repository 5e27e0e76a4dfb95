"""The databases of the fleet: how each runs the parts of its file, loads lines and answers. For ./try and ./collect."""
import json, os, pathlib, re, shutil, subprocess

HERE = pathlib.Path(__file__).resolve().parent


def statements(engine):
    """The parts of an engine's file, by name."""
    text = (HERE / f"{engine}.sql").read_text()
    return {name: part for name, part in re.findall(r"-- name: (\w+)\n(.*?)(?=\n-- name: |\Z)", text, re.S)}


class Engine:
    def used(self):
        """CPU seconds of a server."""
        return 0.0

    def close(self):
        pass

    def count(self):
        """Number of lines that are stored."""
        return self.rows("SELECT count(*) AS n FROM nl_lines")[0][0]


class DuckDb(Engine):
    def __init__(self, folder):
        import duckdb
        self.connection = duckdb.connect(str(folder / "fleet.duckdb"))
        self.connection.execute("SET threads = 2; SET TimeZone = 'UTC'")
        self.parts = statements("duckdb")

    def run(self, part):
        self.connection.execute(self.parts[part])

    def load(self, files):
        self.connection.execute(f"SET VARIABLE files = '{files}'")
        self.run("load")

    def rows(self, query):
        return [tuple(row) for row in self.connection.execute(query).fetchall()]

    def at(self, function, moment):
        return f"{function}(TIMESTAMP_NS '{moment}')"

    def retain(self, moment):
        self.connection.execute(f"SET VARIABLE moment = TIMESTAMP_NS '{moment}'")
        self.run("retention")


class ClickHouse(Engine):
    def __init__(self, folder):
        import chdb.session
        self.session = chdb.session.Session(str(folder / "clickhouse"))
        self.parts = statements("clickhouse")

    def run(self, part, **values):
        text = self.parts[part]
        for name, value in values.items():
            text = re.sub(r"\{%s:[^}]*\}" % name, f"'{value}'", text)
        for statement in re.sub(r"(?m)--.*$", "", text).split(";"):
            if statement.strip():
                self.session.query(statement)

    def load(self, files):
        self.run("load", files=files)

    def rows(self, query):
        answer = str(self.session.query(query, "JSONCompactEachRow"))
        # Integers of 64 bits are strings there.
        number = lambda it: int(it) if isinstance(it, str) and re.fullmatch(r"-?\d{1,19}", it) else it
        return [tuple(number(it) for it in json.loads(row)) for row in answer.splitlines()]

    def at(self, function, moment):
        return f"{function}(moment = '{moment}')"

    def retain(self, moment):
        self.run("retention", moment=moment)


class PostgreSql(Engine):
    def __init__(self, folder):
        binaries = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        if not binaries:
            raise ImportError("PostgreSQL is not installed")
        self.binaries, self.parts = binaries[-1], statements("postgresql")
        self.folder = folder / "postgresql"
        self.folder.mkdir()
        # The server refuses to run as root.
        self.user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        if self.user:
            folder.chmod(0o755)
            shutil.chown(self.folder, 65534, 65534)
        self.server("initdb", "-D", self.folder / "data", "-A", "trust", "-U", "fleet")
        self.start()

    def start(self):
        options = f"-c listen_addresses= -k {self.folder} -c fsync=off -c timezone=UTC"
        self.server("pg_ctl", "-D", self.folder / "data", "-o", options, "-l", self.folder / "log", "-w", "start")

    def server(self, program, *arguments):
        subprocess.run([*self.user, self.binaries / program, *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/")

    def used(self):
        """Of the server and its children; a session adds its own to the server's when it ends."""
        try:
            [pid] = (self.folder / "data/postmaster.pid").read_text().splitlines()[:1]
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
        except OSError:
            return 0.0
        return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.server("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")

    def query(self, text):
        arguments = ["-h", str(self.folder), "-U", "fleet", "-d", "postgres", "-qAtX", "-v", "ON_ERROR_STOP=1"]
        done = subprocess.run([self.binaries / "psql", *arguments], input=text, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout

    def run(self, part):
        self.query(self.parts[part])

    def load(self, files):
        create = "CREATE UNLOGGED TABLE IF NOT EXISTS nl_batch (line text NOT NULL);\n"
        for path in sorted(pathlib.Path(files).parent.glob(pathlib.Path(files).name)):
            copy = f"\\copy nl_batch from '{path}' with (format csv, quote e'\\x01', delimiter e'\\x02')\n"
            self.query(create + copy + self.parts["load"])
        self.query("ANALYZE nl")

    def rows(self, query):
        answer = self.query(f"SELECT to_json(array_agg(row)) FROM (SELECT to_json(r) AS row FROM ({query}) AS r) AS all_rows")
        return [tuple(row.values()) for row in json.loads(answer.strip() or "null") or []]

    def at(self, function, moment):
        return f"{function}('{moment}Z')"

    def retain(self, moment):
        self.query(f"\\set moment '{moment}Z'\n" + self.parts["retention"])


ENGINES = {"clickhouse": ClickHouse, "duckdb": DuckDb, "postgresql": PostgreSql}
