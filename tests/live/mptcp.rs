//! Events of Multipath TCP, which the kernel refuses to a program without CAP_NET_ADMIN.

use serde_json::json;

use crate::common::{NLSTREAM, lines};
use crate::namespace::Namespace;

crate::trial::trials! {
    without_cap_net_admin_the_family_is_unavailable_and_the_run_goes_on(Namespace, Mptcp, Program("setpriv")),
}

fn without_cap_net_admin_the_family_is_unavailable_and_the_run_goes_on() {
    let ns = Namespace::new();
    let run = |program: &str, options: &str| {
        let text = ns.run(&format!(
            "{program} {options} --snapshot --for 300ms 2>/dev/null"
        ));
        lines(text.as_bytes())
    };
    let without = format!("setpriv --bounding-set=-net_admin --inh-caps=-net_admin {NLSTREAM}");
    for options in ["--family mptcp_pm", "--kind mptcp_event", "--family all"] {
        let lines = run(&without, options);
        let unavailable = lines[0]["meta"]["unavailable_families"].as_array().unwrap();
        let expected = json!({"family": "mptcp_pm", "errno": 1, "error": "Operation not permitted (os error 1)"});
        assert!(
            unavailable.contains(&expected),
            "{options}: {unavailable:?}"
        );
        let groups = lines[0]["meta"]["refused_groups"].to_string();
        assert!(!groups.contains("mptcp_pm/"), "{options}: {groups}");
        let has = |op: &str| lines.iter().any(|line| line["op"] == op);
        assert!(has("sync") && has("stop"), "{options}: {lines:?}");
        let with = run(NLSTREAM, options);
        let unavailable = with[0]["meta"]["unavailable_families"].to_string();
        assert!(
            !unavailable.contains("mptcp_pm"),
            "{options}: {unavailable}"
        );
    }
}
