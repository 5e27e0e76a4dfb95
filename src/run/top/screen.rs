//! The terminal: its modes, which are restored in whatever way the program ends, and a backend that draws
//! the cells of ratatui.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Write as _, stdin, stdout};
use std::os::fd::AsFd as _;
use std::sync::{Mutex, Once, PoisonError};

use ratatui::backend::{ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use crate::error::Error;
use crate::escape;

/// Another screen, no cursor, and no wrapping of a line that is too long.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
/// A terminal that knows this mode shows what is between the two at once (synchronized output).
const BEGIN_FRAME: &[u8] = b"\x1b[?2026h";
const END_FRAME: &[u8] = b"\x1b[?2026l";
/// Size without a terminal that tells its own.
const SIZE: Size = Size {
    width: 80,
    height: 24,
};

/// What a panic has to restore: the terminal and its modes.
static ENTERED: Mutex<Option<(File, Termios)>> = Mutex::new(None);

/// The terminal.
#[derive(Debug)]
pub(super) struct Screen {
    out: File,
    keyboard: Option<File>,
    modes: Option<Termios>,
}

impl Screen {
    /// The terminal of the standard output, with the keys of the standard input or of /dev/tty.
    ///
    /// # Errors
    /// If the standard output is no terminal.
    pub(super) fn open() -> Result<Self, Error> {
        if !stdout().is_terminal() {
            return Err(Error::NoTerminal);
        }
        let out = File::from(stdout().as_fd().try_clone_to_owned().map_err(Error::Loop)?);
        let keyboard = match stdin().is_terminal() {
            true => stdin().as_fd().try_clone_to_owned().map(File::from).ok(),
            false => OpenOptions::new().read(true).open("/dev/tty").ok(),
        };
        restore_after_panic();
        Ok(Screen {
            modes: keyboard.as_ref().and_then(|it| tcgetattr(it).ok()),
            out,
            keyboard,
        })
    }

    pub(super) fn keyboard(&self) -> Option<&File> {
        self.keyboard.as_ref()
    }

    /// Takes the terminal.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(super) fn enter(&self) -> io::Result<()> {
        if let (Some(keyboard), Some(modes)) = (&self.keyboard, &self.modes) {
            *ENTERED.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((keyboard.try_clone()?, modes.clone()));
            let mut raw = modes.clone();
            raw.make_raw();
            tcsetattr(keyboard, OptionalActions::Now, &raw)?;
        }
        write(&self.out, ENTER)
    }

    /// Leaves the terminal as it was.
    pub(super) fn leave(&self) {
        let _ = write(&self.out, LEAVE);
        let entered = ENTERED
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some((keyboard, modes)) = entered {
            // What was typed is not for the shell.
            let _ = tcsetattr(&keyboard, OptionalActions::Flush, &modes);
        }
    }
}

/// Restores the terminal before the message of a panic is written.
fn restore_after_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // The thread may hold it.
            if let Ok(mut entered) = ENTERED.try_lock()
                && let Some((keyboard, modes)) = entered.take()
            {
                let _ = io::stdout().write_all(LEAVE);
                let _ = io::stdout().flush();
                let _ = tcsetattr(&keyboard, OptionalActions::Now, &modes);
            }
            hook(panic);
        }));
    });
}

/// Writes to a terminal, which may be nonblocking because another process made it so.
fn write(mut out: &File, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match out.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let fd = out.as_fd();
                let mut fds = [rustix::event::PollFd::from_borrowed_fd(
                    fd,
                    rustix::event::PollFlags::OUT,
                )];
                let _ = rustix::event::poll(&mut fds, None);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Draws cells.
pub(super) struct Backend<'a> {
    screen: &'a Screen,
    bytes: Vec<u8>,
    colour: bool,
}

impl<'a> Backend<'a> {
    pub(super) fn new(screen: &'a Screen, colour: bool) -> Self {
        Backend {
            screen,
            bytes: Vec::new(),
            colour,
        }
    }

    fn style(&mut self, cell: &Cell) {
        self.bytes.extend_from_slice(b"\x1b[0");
        for (modifier, code) in [
            (Modifier::BOLD, ";1"),
            (Modifier::DIM, ";2"),
            (Modifier::UNDERLINED, ";4"),
            (Modifier::REVERSED, ";7"),
        ] {
            if cell.modifier.contains(modifier) {
                self.bytes.extend_from_slice(code.as_bytes());
            }
        }
        let code = match cell.fg {
            Color::Red => Some(";31"),
            Color::Green => Some(";32"),
            Color::Yellow => Some(";33"),
            Color::Cyan => Some(";36"),
            _ => None,
        };
        if let Some(code) = code.filter(|_| self.colour) {
            self.bytes.extend_from_slice(code.as_bytes());
        }
        self.bytes.push(b'm');
    }
}

impl ratatui::backend::Backend for Backend<'_> {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        let mut last: Option<(u16, u16)> = None;
        let mut style = None;
        for (x, y, cell) in content {
            if last != Some((x.wrapping_sub(1), y)) {
                write!(self.bytes, "\x1b[{};{}H", y + 1, x + 1)?;
            }
            last = Some((x, y));
            let its = (cell.fg, cell.modifier);
            if style.replace(its) != Some(its) {
                self.style(cell);
            }
            // Text is escaped where it is made; nothing else reaches the terminal either way.
            let symbol = cell.symbol();
            match symbol.chars().next().is_some_and(escape::is_visible)
                && symbol.chars().all(|c| !c.is_control())
            {
                true => self.bytes.extend_from_slice(symbol.as_bytes()),
                false => self.bytes.push(b'?'),
            }
        }
        self.bytes.extend_from_slice(b"\x1b[0m");
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.bytes.extend_from_slice(b"\x1b[?25l");
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.bytes.extend_from_slice(b"\x1b[?25h");
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let Position { x, y } = position.into();
        write!(self.bytes, "\x1b[{};{}H", y + 1, x + 1)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.bytes.extend_from_slice(b"\x1b[0m\x1b[2J");
        Ok(())
    }

    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        self.clear()
    }

    fn size(&self) -> io::Result<Size> {
        let size = tcgetwinsize(&self.screen.out)?;
        Ok(match (size.ws_col, size.ws_row) {
            (0, _) | (_, 0) => SIZE,
            // A larger one would take memory for nothing.
            (width, height) => Size {
                width: width.min(1000),
                height: height.min(1000),
            },
        })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size()?,
            pixels: Size::ZERO,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        let frame = [BEGIN_FRAME, &self.bytes, END_FRAME].concat();
        self.bytes.clear();
        write(&self.screen.out, &frame)
    }
}
