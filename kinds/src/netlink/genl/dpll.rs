//! The messages of the generic netlink family `dpll` (linux/dpll.h). Answers have the numbers of requests.

crate::netlink::numbers! { COMMANDS:
    DPLL_CMD_DEVICE_ID_GET = 1;
    DPLL_CMD_DEVICE_GET = 2;
    DPLL_CMD_DEVICE_CREATE_NTF = 4;
    DPLL_CMD_DEVICE_DELETE_NTF = 5;
    DPLL_CMD_DEVICE_CHANGE_NTF = 6;
    DPLL_CMD_PIN_ID_GET = 7;
    DPLL_CMD_PIN_GET = 8;
    DPLL_CMD_PIN_CREATE_NTF = 10;
    DPLL_CMD_PIN_DELETE_NTF = 11;
    DPLL_CMD_PIN_CHANGE_NTF = 12;
}
