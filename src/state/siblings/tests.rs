use super::*;

/// A content of that hash, on that path.
fn content(whole: u64, path: u64) -> RouteContent {
    RouteContent { whole, path }
}

/// A group of siblings with the content (10 + number, path).
fn group(members: &[(u32, u64)]) -> Group {
    let mut group = Group::default();
    for (instance, path) in members {
        let content = content(10 + u64::from(*instance), *path);
        group.add(*instance, Place::Last, content, Known::Nothing);
    }
    group
}

fn request(flags: u16, is_ipv6: bool) -> Request {
    Request {
        flags,
        is_ipv6,
        has_nexthop_object: false,
        complete: true,
    }
}

fn order(group: &Group) -> Vec<u32> {
    group.order.values().copied().collect()
}

#[test]
fn new_sibling_gets_the_lowest_free_number() {
    const KEY: Key = 7;
    let mut siblings = Siblings::default();
    let mut add = |place| {
        let group = siblings.group_mut(KEY);
        let number = group.free_number();
        group.add(number, place, content(1, 1), Known::Nothing);
        order(group)
    };
    assert_eq!(add(Place::Last), [0]);
    assert_eq!(add(Place::Last), [0, 1]);
    assert_eq!(add(Place::First), [2, 0, 1]);
    siblings.remove(KEY, 0);
    let group = siblings.group_mut(KEY);
    assert_eq!(group.free_number(), 0);
    group.add(3, Place::Last, content(1, 1), Known::Nothing);
    assert_eq!((group.free_number(), order(group)), (0, vec![2, 1, 3]));
    for instance in [1, 2, 3] {
        siblings.remove(KEY, instance);
    }
    assert!(siblings.is_empty());
    siblings
        .group_mut(KEY)
        .add(0, Place::Last, content(1, 1), Known::Nothing);
    siblings.settle(KEY);
    assert!(siblings.is_empty(), "a lone route 0 needs no group");
}

#[test]
fn new_route_is_assigned_by_flags_and_content() {
    use Place::{First, Last};
    use Sibling::{Other, Stored};
    let append = NLM_F_CREATE | NLM_F_APPEND;
    let (excl, replace) = (NLM_F_CREATE | NLM_F_EXCL, NLM_F_REPLACE);
    const JOINED: u64 = 0;
    // Numbers and paths of the siblings, flags, IPv6, content, expected sibling.
    type Row = (
        &'static [(u32, u64)],
        u16,
        bool,
        RouteContent,
        Sibling,
        bool,
    );
    let rows: &[Row] = &[
        // RTNH_F_* of one of them changed.
        (&[(2, 1), (0, 3)], 0, false, content(10, 3), Stored(0), true),
        (&[(2, 1), (0, 3)], 0, false, content(99, 3), Stored(0), true),
        (
            &[(2, 1), (0, 1)],
            0,
            false,
            content(99, 1),
            Other(Last),
            false,
        ),
        (
            &[(2, 1), (0, 3)],
            replace,
            false,
            content(99, 3),
            Stored(2),
            true,
        ),
        (&[(0, 1)], excl, false, content(99, 9), Stored(0), true),
        // Both were deleted without a notification.
        (
            &[(2, 1), (0, 3)],
            excl,
            false,
            content(99, 3),
            Stored(0),
            false,
        ),
        (&[(0, 1)], append, false, content(10, 1), Stored(0), true),
        // Another source address or metric of the same path.
        (&[(0, 1)], append, false, content(99, 1), Other(Last), true),
        (
            &[(0, 1)],
            NLM_F_CREATE,
            false,
            content(99, 9),
            Other(First),
            true,
        ),
        (
            &[(0, 1)],
            NLM_F_CREATE,
            true,
            content(99, 9),
            Other(Last),
            true,
        ),
        (
            &[(0, 1), (1, JOINED)],
            append,
            true,
            content(99, JOINED),
            Stored(1),
            true,
        ),
        (
            &[(0, 1), (1, JOINED)],
            replace,
            true,
            content(99, JOINED),
            Stored(1),
            true,
        ),
        (
            &[(1, JOINED), (0, 1)],
            replace,
            true,
            content(99, 9),
            Stored(0),
            true,
        ),
        // fallback_ins of fib6_add_rt2node
        (
            &[(1, 1), (0, 2)],
            replace,
            true,
            content(99, JOINED),
            Stored(1),
            true,
        ),
        (
            &[(1, JOINED)],
            replace,
            true,
            content(99, 9),
            Stored(1),
            true,
        ),
    ];
    for (members, flags, is_ipv6, content, sibling, certain) in rows {
        let found = of_new(&group(members), content, &request(*flags, *is_ipv6));
        assert_eq!(
            found,
            (*sibling, *certain),
            "{members:?} {flags:#x} {is_ipv6} {content:?}"
        );
    }
}

/// Which of several siblings a replacement replaces depends on their order, and on those that are
/// not stored.
#[test]
fn replacement_is_certain_if_the_first_sibling_is_known() {
    let replace = |group: &Group, complete, path| {
        let request = Request {
            complete,
            ..request(NLM_F_REPLACE, true)
        };
        of_new(group, &content(99, path), &request).1
    };
    let mut some = group(&[(0, 1), (1, 2)]);
    assert!(replace(&some, true, 3));
    assert!(!replace(&some, false, 3));
    some.set(0, content(10, 1), Known::First);
    assert!(replace(&some, false, 3));
    // A route that can be joined may have replaced one that is not stored.
    assert!(!replace(&some, false, 0));
    some.set(0, content(10, 1), Known::All);
    assert!(replace(&some, false, 0));
    some.set_unordered();
    assert!(!replace(&some, true, 3));
    some.remove(0);
    assert!(replace(&some, true, 3), "a lone route has an order");
    // There is one route that others are joined with.
    assert!(replace(&group(&[(0, 1), (1, 0)]), false, 0));
}

#[test]
fn deleted_route_is_assigned_by_content() {
    use Sibling::{Other, Stored};
    let none = (Other(Place::Last), true);
    let deleted =
        |members: &[(u32, u64)], content, has| of_deleted(&group(members), &content, |_| has);
    let two = &[(2, 1), (0, 3)];
    assert_eq!(deleted(two, content(10, 3), false), (Stored(0), true));
    assert_eq!(deleted(two, content(99, 3), false), (Stored(0), true));
    assert_eq!(deleted(two, content(99, 9), false), none);
    let alike = &[(2, 1), (0, 1)];
    assert_eq!(
        deleted(alike, content(99, 1), false),
        (Other(Place::Last), false)
    );
    let joined = &[(0, 0)];
    assert_eq!(deleted(joined, content(99, 0), true), (Stored(0), true));
    assert_eq!(deleted(joined, content(99, 0), false), none);
}

#[test]
fn dump_entry_is_assigned_to_an_unseen_sibling_first() {
    use Sibling::{Other, Stored};
    let entry = |unseen: &[u32], content| {
        let group = group(&[(0, 1), (1, 3), (2, 4), (3, 4)]);
        of_dump_entry(&group, &content, true, |number| unseen.contains(&number))
    };
    assert_eq!(entry(&[0, 1], content(11, 3)), Stored(1));
    assert_eq!(entry(&[], content(11, 3)), Stored(1));
    assert_eq!(entry(&[1], content(99, 3)), Stored(1));
    assert_eq!(entry(&[], content(99, 3)), Other(Place::Last));
    assert_eq!(entry(&[2, 3], content(99, 4)), Other(Place::Last));
    assert_eq!(entry(&[0], content(99, 9)), Other(Place::Last));
    let lone = |lists_lone, is_unseen| {
        of_dump_entry(&group(&[(0, 1)]), &content(99, 9), lists_lone, |_| {
            is_unseen
        })
    };
    assert_eq!(lone(true, true), Stored(0));
    assert_eq!(lone(true, false), Other(Place::Last));
    assert_eq!(lone(false, true), Other(Place::Last));
}

/// An index finds a sibling among ten thousand: a list took minutes.
#[test]
fn ten_thousand_siblings() {
    let mut group = Group::default();
    for number in 0..10_000_u32 {
        let content = content(number.into(), 1);
        let (sibling, _) = of_new(&group, &content, &request(NLM_F_CREATE, false));
        assert_eq!(sibling, Sibling::Other(Place::First));
        let free = group.free_number();
        group.add(free, Place::First, content, Known::Nothing);
    }
    for number in 0..10_000_u32 {
        let content = content(number.into(), 1);
        assert_eq!(
            of_deleted(&group, &content, |_| false).0,
            Sibling::Stored(number)
        );
        group.remove(number);
    }
    assert_eq!(group.free_number(), 0);
}
