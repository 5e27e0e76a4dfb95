//! SIGHUP reads the configuration again.

use std::fs;

use super::service::{Service, add, address, with_disk};
use crate::common::wait_until;
use crate::namespace::Namespace;

crate::trial::trials! {
    sighup_takes_over_options_and_names_those_that_need_a_restart(Mounts),
    sighup_changes_when_files_are_rotated_and_checkpoints_written(Mounts),
    an_invalid_configuration_leaves_the_options_as_they_were(Mounts),
    metrics_in_a_folder_without_an_output_need_a_restart(Mounts, Landlock),
}

fn configure(ns: &Namespace, text: &str) {
    fs::write(ns.path("/mnt/service.toml"), text).unwrap();
}

fn start(ns: &Namespace) -> Service<'_> {
    let args = ["-k", "address", "--config", "/mnt/service.toml"];
    Service::start(ns, "net.ndjson", &args)
}

fn heartbeats(service: &Service<'_>) -> usize {
    service.text().matches(r#""op":"heartbeat""#).count()
}

fn sighup_takes_over_options_and_names_those_that_need_a_restart() {
    let ns = with_disk("8M");
    configure(&ns, "heartbeat = \"1h\"\n");
    let service = start(&ns);
    assert_eq!(heartbeats(&service), 0);
    configure(
        &ns,
        "heartbeat = \"50ms\"\naudit = \"100ms\"\nlog-level = \"debug\"\nrcvbuf = \"64K\"\nmetrics = \"/mnt/m.prom\"\n",
    );
    service.signal("HUP");
    service
        .wait_for_message("configuration reloaded: changed audit, heartbeat, log-level, metrics");
    service.wait_for_message("a restart is needed for changes of rcvbuf");
    wait_until("heartbeats", || heartbeats(&service) >= 3);
    service.wait_for_message("debug: dump ");
    wait_until("metrics", || {
        fs::read_to_string(ns.path("/mnt/m.prom"))
            .is_ok_and(|text| text.contains("nlstream_reload_success 1"))
    });
    // The same file once more: only what still needs a restart.
    service.signal("HUP");
    service.wait_for_message("nothing has changed that a running nlstream can take over");
    // Options that the file does not set any more have their defaults.
    configure(&ns, "log-level = \"debug\"\n");
    service.signal("HUP");
    service.wait_for_message("configuration reloaded: changed audit, heartbeat, metrics");
    let (status, _) = service.stop();
    assert_eq!(status, Some(0));
}

fn sighup_changes_when_files_are_rotated_and_checkpoints_written() {
    let ns = with_disk("8M");
    configure(&ns, "checkpoint = \"off\"\n");
    let service = start(&ns);
    let archived = || {
        let names = ns.run("ls /mnt");
        names.lines().filter(|it| it.contains(".ndjson.2")).count()
    };
    add(&ns, 1, 300);
    service.wait(&address(300));
    assert_eq!(archived(), 0);
    assert!(!service.text().contains(r#""op":"checkpoint""#));
    configure(
        &ns,
        "checkpoint = \"1h\"\nfsync = \"always\"\nrotate-size = \"20K\"\nrotate-keep = 2\n",
    );
    service.signal("HUP");
    service.wait_for_message(
        "configuration reloaded: changed checkpoint, fsync, rotate-keep, rotate-size",
    );
    // The file that has more than 20 KiB already is rotated; the new one begins with a checkpoint.
    wait_until("a rotated file", || archived() == 1);
    service.wait(r#""op":"checkpoint""#);
    add(&ns, 301, 900);
    wait_until("the removal of the oldest files", || {
        service.text().contains(&address(1200)) && archived() == 2
    });
    configure(&ns, "");
    service.signal("HUP");
    service.wait_for_message("changed checkpoint, fsync, rotate-keep, rotate-size\n");
    service.end();
}

fn an_invalid_configuration_leaves_the_options_as_they_were() {
    let ns = with_disk("8M");
    let good = "heartbeat = \"50ms\"\nmetrics = \"/mnt/m.prom\"\n";
    configure(&ns, good);
    let service = start(&ns);
    for (wrong, message) in [
        ("hartbeat = \"1h\"\n", "line 1: unknown option `hartbeat`"),
        ("\nheartbeat = \"1q\"\n", "line 2: invalid value '1q'"),
        ("heartbeat = \n", "cannot reload the configuration"),
        ("metrics = \"/mnt/net.ndjson\"\n", "are the same file"),
    ] {
        configure(&ns, wrong);
        service.signal("HUP");
        service.wait_for_message(message);
        let before = heartbeats(&service);
        wait_until("further heartbeats", || heartbeats(&service) > before + 1);
    }
    let success = |value: &str| {
        wait_until("metrics", || {
            fs::read_to_string(ns.path("/mnt/m.prom"))
                .is_ok_and(|text| text.contains(&format!("nlstream_reload_success {value}\n")))
        });
    };
    success("0");
    configure(&ns, good);
    service.signal("HUP");
    success("1");
    let stderr = service.end();
    assert_eq!(
        stderr
            .matches("the run continues with its previous options")
            .count(),
        4
    );
}

fn metrics_in_a_folder_without_an_output_need_a_restart() {
    let ns = with_disk("8M");
    ns.run("mkdir /mnt/other");
    configure(&ns, "");
    let service = start(&ns);
    let text = "heartbeat = \"50ms\"\nmetrics = \"/mnt/other/m.prom\"\n";
    configure(&ns, text);
    service.signal("HUP");
    service.wait_for_message("configuration reloaded: changed heartbeat");
    service.wait_for_message("a restart is needed for changes of metrics");
    wait_until("heartbeats", || heartbeats(&service) >= 2);
    let stderr = service.end();
    assert!(!stderr.contains("cannot write"), "{stderr}");
    let service = start(&ns);
    wait_until("metrics", || ns.path("/mnt/other/m.prom").exists());
    service.end();
}
