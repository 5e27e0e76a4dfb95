//! `RTM_NEWLINK`, `RTM_DELLINK` → [`Link`].
