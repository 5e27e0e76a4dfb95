//! The events for people.
