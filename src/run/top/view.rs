//! The screen: what it shows of the model, and what keys do.

use jiff::tz::TimeZone;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Row, Sparkline, Table};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::super::line_filter::LineFilter;
use super::keys::Key;
use super::model::{Change, Model, Reading};
use super::seen::{Item, LISTS, Seen};
use super::{Shared, TopQuery, lock, title};
use crate::escape::Escaped;
use crate::stats::HISTORY;
use crate::text::{Printer, TextStyle, Times};

/// Width of a list.
const WIDTH: u16 = 40;
/// Width from which on the last changes have a date.
const WIDE: u16 = 120;
/// Maximum length of the text of a filter, characters.
const FILTER: usize = 500;

/// What follows a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    None,
    Quit,
    /// As SIGTSTP.
    Stop,
    /// Everything is drawn again.
    Redraw,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Rate,
    Total,
    Last,
    Name,
}

impl Sort {
    fn next(self) -> Self {
        match self {
            Sort::Rate => Sort::Total,
            Sort::Total => Sort::Last,
            Sort::Last => Sort::Name,
            Sort::Name => Sort::Rate,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Sort::Rate => "rate",
            Sort::Total => "total",
            Sort::Last => "time",
            Sort::Name => "name",
        }
    }
}

pub(super) struct View {
    title: String,
    selection: String,
    zone: TimeZone,
    seen: Option<Seen>,
    /// The first of the lists that are shown.
    list: usize,
    sort: Sort,
    is_paused: bool,
    /// Changes that are scrolled away below.
    scroll: usize,
    /// The text of the filter while it is edited.
    prompt: Option<String>,
    fault: Option<String>,
}

impl View {
    pub(super) fn new(query: &TopQuery) -> Self {
        View {
            title: Escaped(title(query)).to_string(),
            selection: query.selection.clone(),
            zone: TimeZone::system(),
            seen: None,
            list: 0,
            sort: Sort::Rate,
            is_paused: false,
            scroll: 0,
            prompt: None,
            fault: None,
        }
    }

    /// Reads the model, unless the screen is paused.
    pub(super) fn update(&mut self, model: &mut Model) {
        if self.is_paused && self.seen.is_some() {
            return;
        }
        self.seen = Some(Seen::of(model));
    }

    /// What a key does.
    pub(super) fn press(&mut self, key: Key, model: &Shared, query: &TopQuery) -> Action {
        if let Key::Control(c) = key {
            return match c {
                'c' => Action::Quit,
                'z' => Action::Stop,
                'l' => Action::Redraw,
                _ => Action::None,
            };
        }
        if self.prompt.is_some() {
            self.edit(key, model, query);
            return Action::None;
        }
        match key {
            Key::Char('q') | Key::Escape => return Action::Quit,
            Key::Char(' ' | 'p') => self.is_paused = !self.is_paused,
            Key::Char('s') => self.sort = self.sort.next(),
            Key::Char('/' | 'f') => self.prompt = Some(self.selection.clone()),
            Key::Char('c') => {
                lock(model).restart(None);
                (self.is_paused, self.scroll) = (false, 0);
            }
            Key::Tab | Key::Right => self.list = (self.list + 1) % LISTS.len(),
            Key::BackTab | Key::Left => self.list = (self.list + LISTS.len() - 1) % LISTS.len(),
            Key::Char(c @ '1'..='7') => self.list = c as usize - '1' as usize,
            Key::Up => self.scroll = self.scroll.saturating_add(1),
            Key::Down => self.scroll = self.scroll.saturating_sub(1),
            Key::PageUp => self.scroll = self.scroll.saturating_add(10),
            Key::PageDown => self.scroll = self.scroll.saturating_sub(10),
            Key::Home => self.scroll = usize::MAX,
            Key::End => self.scroll = 0,
            _ => {}
        }
        Action::None
    }

    /// Edits the filter.
    fn edit(&mut self, key: Key, model: &Shared, query: &TopQuery) {
        let Some(prompt) = &mut self.prompt else {
            return;
        };
        match key {
            Key::Escape => (self.prompt, self.fault) = (None, None),
            Key::Backspace => {
                prompt.pop();
            }
            Key::Char(c) if prompt.chars().count() < FILTER => prompt.push(c),
            Key::Enter => {
                let read = (query.read_selection)(prompt);
                let filter =
                    read.and_then(|lines| LineFilter::new(&lines).map_err(|it| it.to_string()));
                match filter {
                    Ok(filter) => {
                        lock(model).restart(Some(filter));
                        self.selection = std::mem::take(prompt).trim().to_owned();
                        (self.prompt, self.fault) = (None, None);
                        self.is_paused = false;
                    }
                    Err(fault) => {
                        self.fault = Some(Escaped(fault.replace('\n', " ")).to_string());
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn draw(&mut self, frame: &mut Frame<'_>) {
        let Some(seen) = &self.seen else { return };
        let failure = seen.failure.clone().map(|failure| (failure, false));
        let warning = failure.or_else(|| seen.warning(&self.zone));
        let area = frame.area();
        let lists = area.height.saturating_sub(6) / 2;
        let rows = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(u16::from(warning.is_some())),
            Constraint::Length(if area.height >= 16 { 3 } else { 0 }),
            Constraint::Length(lists),
            Constraint::Min(0),
            Constraint::Length(1),
        ]);
        let [head, gap, history, lists, changes, foot] = rows.areas(area);
        frame.render_widget(self.head(seen), head);
        if let Some((text, is_over)) = warning {
            let style = match is_over {
                true => Style::new().fg(Color::Yellow),
                false => Style::new()
                    .fg(Color::Red)
                    .add_modifier(Modifier::BOLD | Modifier::REVERSED),
            };
            frame.render_widget(Paragraph::new(text).style(style), gap);
        }
        draw_history(frame, history, seen);
        let number = (lists.width / WIDTH).clamp(1, LISTS.len() as u16);
        let columns = Layout::horizontal((0..number).map(|_| Constraint::Fill(1)));
        let columns = columns.spacing(2).split(lists);
        for (offset, area) in columns.iter().enumerate() {
            self.draw_list(frame, *area, seen, (self.list + offset) % LISTS.len());
        }
        self.scroll = self.draw_changes(frame, changes, seen);
        frame.render_widget(self.foot(foot.width), foot);
    }

    fn head(&self, seen: &Seen) -> Paragraph<'static> {
        let clock = self.zone.to_datetime(seen.now.0);
        let state = match (self.is_paused, seen.reading) {
            (true, _) => " paused",
            (_, Reading::Behind) => "",
            (_, Reading::Live) => " live",
            (_, Reading::Ended) => " ended",
        };
        let mut text = format!(
            "nlstream top {:02}:{:02}:{:02}{state}  {} events, {}/s",
            clock.hour(),
            clock.minute(),
            clock.second(),
            seen.events,
            per_second(seen.rate),
        );
        if seen.gaps > 0 {
            let gaps = if seen.gaps == 1 { "gap" } else { "gaps" };
            text += &format!(", {} {gaps}, {} lost", seen.gaps, seen.lost);
        }
        if seen.holes > 0 {
            text += &format!(", lines missing in {} places", seen.holes);
        }
        if !self.selection.is_empty() {
            text += &format!("  [{}]", Escaped(&self.selection));
        }
        text += &format!("  {}", self.title);
        Paragraph::new(text).style(Style::new().add_modifier(Modifier::BOLD))
    }

    fn draw_list(&self, frame: &mut Frame<'_>, area: Rect, seen: &Seen, list: usize) {
        let mut items: Vec<_> = seen.lists[list].iter().collect();
        items.sort_by(|one, other| {
            let order = match self.sort {
                Sort::Rate => other
                    .recent
                    .cmp(&one.recent)
                    .then(other.count.cmp(&one.count)),
                Sort::Total => other.count.cmp(&one.count),
                Sort::Last => other.last.cmp(&one.last),
                Sort::Name => std::cmp::Ordering::Equal,
            };
            let flaps = |it: &Item| it.flaps.map_or(0, |(downs, ups)| downs + ups);
            let is_flapping = LISTS[list] == "flapping" && self.sort != Sort::Name;
            let order = match is_flapping {
                true => flaps(other).cmp(&flaps(one)).then(order),
                false => order,
            };
            order.then_with(|| one.name.cmp(&other.name))
        });
        let has_flaps = list == 1 || list == 2;
        let mut heads = vec![LISTS[list], "/s", "total"];
        let mut widths = vec![
            Constraint::Fill(1),
            Constraint::Length(6),
            Constraint::Length(8),
        ];
        if has_flaps {
            heads.push("down/up");
            widths.push(Constraint::Length(9));
        }
        let number = |text: String, width: usize| format!("{text:>width$}");
        // A space before each number.
        let taken = if has_flaps { 6 + 8 + 9 + 3 } else { 6 + 8 + 2 };
        let name_width = usize::from(area.width).saturating_sub(taken);
        let rows = items
            .into_iter()
            .take(usize::from(area.height))
            .map(|item| {
                let mut cells = vec![
                    shortened(&item.name, name_width),
                    number(per_second(item.rate), 6),
                    number(item.count.to_string(), 8),
                ];
                if has_flaps {
                    let (downs, ups) = item.flaps.unwrap_or_default();
                    cells.push(number(format!("{downs}/{ups}"), 9));
                }
                let style = match (item.is_flapping, item.recent > 0) {
                    (true, _) => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
                    (_, true) => Style::new(),
                    (_, false) => Style::new().add_modifier(Modifier::DIM),
                };
                Row::new(cells).style(style)
            });
        let (size, left_out) = seen.sizes[list];
        let mut title = format!("{}:{} ({size})", list + 1, LISTS[list]);
        if left_out > 0 {
            title += &format!(" +{left_out} events of others");
        }
        let head = heads.into_iter().enumerate().map(|(at, head)| match at {
            0 => head.to_owned(),
            1 => number(head.to_owned(), 6),
            2 => number(head.to_owned(), 8),
            _ => number(head.to_owned(), 9),
        });
        let style = match list == self.list {
            true => Style::new().add_modifier(Modifier::BOLD),
            false => Style::new().add_modifier(Modifier::DIM),
        };
        let head = Row::new(head).style(Style::new().add_modifier(Modifier::UNDERLINED));
        let block = Block::new()
            .borders(Borders::TOP)
            .title(Span::styled(title, style));
        frame.render_widget(Table::new(rows, widths).header(head).block(block), area);
    }

    /// Draws the last changes, and returns how far they can be scrolled at most.
    fn draw_changes(&self, frame: &mut Frame<'_>, area: Rect, seen: &Seen) -> usize {
        let height = usize::from(area.height.saturating_sub(1));
        let scroll = self.scroll.min(seen.changes.len().saturating_sub(height));
        let end = seen.changes.len() - scroll;
        let mut printer = Printer::new(TextStyle {
            times: match area.width >= WIDE {
                true => Times::Date,
                false => Times::Time,
            },
            columns: true,
            ..TextStyle::new(self.zone.clone())
        });
        let shown = &seen.changes[end.saturating_sub(height)..end];
        let lines: Vec<_> = shown
            .iter()
            .filter_map(|change| match change {
                // A line with the date may precede it.
                Change::Line(line) => printer.line(line)?.pop(),
                Change::Text(time, text) => {
                    let clock = self.zone.to_datetime(time.0);
                    let (hour, minute, second) = (clock.hour(), clock.minute(), clock.second());
                    Some(format!("[{hour:02}:{minute:02}:{second:02}] -- {text}"))
                }
            })
            .map(change_line)
            .collect();
        let mut title = "last changes".to_owned();
        if scroll > 0 {
            title += &format!(" ({scroll} newer below)");
        }
        let block = Block::new().borders(Borders::TOP).title(title);
        frame.render_widget(Paragraph::new(lines).block(block), area);
        scroll
    }

    fn foot(&self, width: u16) -> Paragraph<'static> {
        if let Some(prompt) = &self.prompt {
            let text = match &self.fault {
                Some(fault) => format!("{} — {fault}", Escaped(prompt)),
                None => format!(
                    "{}▏ Enter: apply and count again, Esc: cancel",
                    Escaped(prompt)
                ),
            };
            return Paragraph::new(format!("filter: {text}"));
        }
        let message = self.seen.as_ref().and_then(|seen| seen.message.as_ref());
        let pause = if self.is_paused { "continue" } else { "pause" };
        let keys = [
            "q quit".to_owned(),
            format!("space {pause}"),
            "tab/1-7 list".to_owned(),
            "/ filter".to_owned(),
            format!("s sort ({})", self.sort.name()),
            "↑↓ scroll".to_owned(),
            "c clear".to_owned(),
        ];
        // Whole ones, the most important first.
        let mut shown = keys.len();
        while shown > 1 && keys[..shown].join("  ").width() > usize::from(width) {
            shown -= 1;
        }
        let keys = keys[..shown].join("  ");
        match message {
            Some(message) => Paragraph::new(format!("{keys}  | {message}")),
            None => Paragraph::new(keys),
        }
    }
}

/// The text, without its end if it is wider than that many cells.
fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut free = width.saturating_sub(1);
    let fits = |c: &char| match free.checked_sub(c.width().unwrap_or(0)) {
        Some(rest) => {
            free = rest;
            true
        }
        None => false,
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// A change with the colours of the text format: its operation, and the whole of a gap.
fn change_line(text: String) -> Line<'static> {
    let bad = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
    if text
        .split_whitespace()
        .take(6)
        .any(|word| word == "gap" || word == "--")
    {
        return Line::styled(text, bad);
    }
    let (time, rest) = match text.find("] ") {
        Some(end) if text.starts_with('[') => text.split_at(end + 1),
        _ => ("", text.as_str()),
    };
    let dim = Span::styled(time.to_owned(), Style::new().add_modifier(Modifier::DIM));
    let colours = [
        (" add ", Color::Green),
        (" delete ", Color::Red),
        (" change ", Color::Yellow),
    ];
    let found = colours
        .iter()
        .filter_map(|(op, colour)| Some((rest.find(op)?, op, *colour)));
    match found.min_by_key(|(at, ..)| *at) {
        Some((at, op, colour)) => {
            let (before, after) = rest.split_at(at);
            let after = &after[op.len()..];
            Line::from(vec![
                dim,
                Span::raw(before.to_owned()),
                Span::styled((*op).to_owned(), Style::new().fg(colour)),
                Span::raw(after.to_owned()),
            ])
        }
        None => Line::from(vec![dim, Span::raw(rest.to_owned())]),
    }
}

fn draw_history(frame: &mut Frame<'_>, area: Rect, seen: &Seen) {
    let [label, graph] =
        Layout::horizontal([Constraint::Length(12), Constraint::Min(0)]).areas(area);
    let shown = usize::from(graph.width).min(HISTORY);
    let values: Vec<u64> = seen.history[HISTORY - shown..]
        .iter()
        .map(|it| u64::from(*it))
        .collect();
    let most = values.iter().max().copied().unwrap_or_default();
    let text = vec![
        Line::from(format!("most {most}/s")),
        Line::from(format!("in {shown} s")),
    ];
    frame.render_widget(Paragraph::new(text), label);
    let style = Style::new().fg(Color::Cyan);
    frame.render_widget(Sparkline::default().data(values).style(style), graph);
}

/// A rate in five characters.
fn per_second(rate: f64) -> String {
    match rate {
        0.0 => "0".to_owned(),
        ..9.95 => format!("{rate:.1}"),
        ..99_999.5 => format!("{rate:.0}"),
        _ => format!("{:.0}k", rate / 1000.0),
    }
}
