//! The library of plugins in Rust: implement `Plugin` and name it in `lumos::plugin!(MyPlugin)`.
//!
//! Texts are JSON. `Json` reads and writes them; a plugin with crates of its own may use serde_json just as well.

use std::collections::BTreeMap;
use std::fmt;

/// An error as the host is told it. `code` is one of host.wit's, as "invalid-input", whose message a model gets to read.
#[derive(Debug, Clone)]
pub struct Error(String);

impl Error {
    pub fn new(code: &str, message: &str) -> Error {
        Error(Json::object([("code", code.into()), ("message", message.into())]).to_string())
    }

    pub fn unknown(id: &str) -> Error {
        Error::new("not-found", &format!("the plugin has no {id}"))
    }
}

pub type Answer = Result<Json, Error>;

/// What a plugin can do. Whatever it does not implement, it has not.
#[allow(unused_variables)]
pub trait Plugin {
    /// `{"contributes": {"tool": [{"id", …}]}}`, in the manifest's terms.
    fn describe() -> Json;

    fn tool(id: &str, arguments: Json, context: Json) -> Answer {
        Err(Error::unknown(id))
    }
    fn step(id: &str, value: Json, context: Json) -> Answer {
        Err(Error::unknown(id))
    }
    fn processor(id: &str, phase: &str, value: Json, context: Json) -> Answer {
        Err(Error::unknown(id))
    }
}

// --- JSON

#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Array(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

impl Json {
    pub fn object<const N: usize>(fields: [(&str, Json); N]) -> Json {
        Json::Object(fields.into_iter().map(|(k, v)| (k.to_string(), v)).collect())
    }

    /// Read a text. The error says where it is no JSON.
    pub fn parse(text: &str) -> Result<Json, Error> {
        let mut reader = Reader { bytes: text.as_bytes(), at: 0, depth: 0 };
        let value = reader.value()?;
        reader.blank();
        if reader.at < reader.bytes.len() { reader.fail() } else { Ok(value) }
    }

    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(fields) => fields.get(key),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            Json::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The text at `key`. The error names the key.
    pub fn text_of(&self, key: &str) -> Result<&str, Error> {
        self.get(key).and_then(Json::text).ok_or_else(|| Error::new("invalid-input", &format!("{key} must be a string")))
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::Text(text.to_string())
    }
}
impl From<String> for Json {
    fn from(text: String) -> Json {
        Json::Text(text)
    }
}
impl From<f64> for Json {
    fn from(number: f64) -> Json {
        Json::Number(number)
    }
}
impl From<bool> for Json {
    fn from(truth: bool) -> Json {
        Json::Bool(truth)
    }
}
impl From<Vec<Json>> for Json {
    fn from(items: Vec<Json>) -> Json {
        Json::Array(items)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Json::Null => out.write_str("null"),
            Json::Bool(truth) => write!(out, "{truth}"),
            Json::Number(number) if number.is_finite() => write!(out, "{number}"),
            Json::Number(_) => out.write_str("null"),
            Json::Text(text) => quoted(text, out),
            Json::Array(items) => {
                out.write_str("[")?;
                for (n, item) in items.iter().enumerate() {
                    write!(out, "{}{item}", if n > 0 { "," } else { "" })?;
                }
                out.write_str("]")
            }
            Json::Object(fields) => {
                out.write_str("{")?;
                for (n, (key, value)) in fields.iter().enumerate() {
                    out.write_str(if n > 0 { "," } else { "" })?;
                    quoted(key, out)?;
                    write!(out, ":{value}")?;
                }
                out.write_str("}")
            }
        }
    }
}

fn quoted(text: &str, out: &mut fmt::Formatter) -> fmt::Result {
    out.write_str("\"")?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            c if c < ' ' => write!(out, "\\u{:04x}", c as u32)?,
            c => write!(out, "{c}")?,
        }
    }
    out.write_str("\"")
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

const DEEPEST: usize = 128;

impl Reader<'_> {
    fn fail<T>(&self) -> Result<T, Error> {
        Err(Error::new("invalid-input", &format!("not JSON at byte {}", self.at)))
    }

    fn byte(&mut self) -> Result<u8, Error> {
        let found = self.bytes.get(self.at).copied();
        self.at += 1;
        found.map_or_else(|| self.fail(), Ok)
    }

    fn blank(&mut self) {
        while self.at < self.bytes.len() && b" \n\t\r".contains(&self.bytes[self.at]) {
            self.at += 1;
        }
    }

    fn next(&mut self, wanted: u8) -> bool {
        self.blank();
        let found = self.bytes.get(self.at) == Some(&wanted);
        self.at += found as usize;
        found
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, Error> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return self.fail();
        }
        self.at += word.len();
        Ok(value)
    }

    fn value(&mut self) -> Result<Json, Error> {
        self.blank();
        self.depth += 1;
        if self.depth > DEEPEST {
            return self.fail();
        }
        let value = match self.bytes.get(self.at) {
            Some(b'n') => self.word("null", Json::Null),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'"') => self.text().map(Json::Text),
            Some(b'[') => self.array(),
            Some(b'{') => self.fields(),
            _ => self.number(),
        };
        self.depth -= 1;
        value
    }

    fn number(&mut self) -> Result<Json, Error> {
        let start = self.at;
        while self.at < self.bytes.len() && b"+-.eE0123456789".contains(&self.bytes[self.at]) {
            self.at += 1;
        }
        let text = std::str::from_utf8(&self.bytes[start..self.at]).unwrap_or("");
        text.parse().map(Json::Number).or_else(|_| self.fail())
    }

    fn array(&mut self) -> Result<Json, Error> {
        self.at += 1;
        let mut items = Vec::new();
        if self.next(b']') {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value()?);
            if self.next(b']') {
                return Ok(Json::Array(items));
            }
            if !self.next(b',') {
                return self.fail();
            }
        }
    }

    fn fields(&mut self) -> Result<Json, Error> {
        self.at += 1;
        let mut fields = BTreeMap::new();
        if self.next(b'}') {
            return Ok(Json::Object(fields));
        }
        loop {
            self.blank();
            let key = self.text()?;
            if !self.next(b':') {
                return self.fail();
            }
            fields.insert(key, self.value()?);
            if self.next(b'}') {
                return Ok(Json::Object(fields));
            }
            if !self.next(b',') {
                return self.fail();
            }
        }
    }

    fn text(&mut self) -> Result<String, Error> {
        if !self.next(b'"') {
            return self.fail();
        }
        let mut out = Vec::new();
        loop {
            let byte = self.byte()?;
            match byte {
                b'"' => return String::from_utf8(out).or_else(|_| self.fail()),
                b'\\' => {
                    let c = self.escaped()?;
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                byte => out.push(byte),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Error> {
        Ok(match self.byte()? {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.hex()?;
                let pair = (0xd800..0xdc00).contains(&high) && self.bytes[self.at..].starts_with(b"\\u");
                let code = if pair {
                    self.at += 2;
                    let low = self.hex()?;
                    0x10000 + ((high - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff)
                } else {
                    high
                };
                char::from_u32(code).unwrap_or('\u{fffd}')
            }
            other => other as char,
        })
    }

    fn hex(&mut self) -> Result<u32, Error> {
        let digits = self.bytes.get(self.at..self.at + 4).and_then(|d| std::str::from_utf8(d).ok());
        self.at += 4;
        digits.and_then(|d| u32::from_str_radix(d, 16).ok()).map_or_else(|| self.fail(), Ok)
    }
}

// --- the host

type Said = [u32; 3];

macro_rules! host {
    ($($module:literal { $($fn:ident = $name:literal ($($text:ident),*);)* })*) => {
        mod raw {
            $($(
                #[link(wasm_import_module = $module)]
                extern "C" {
                    #[link_name = $name]
                    pub fn $fn($($text: *const u8, _: usize,)* said: *mut super::Said);
                }
            )*)*
        }
        /// What a plugin may ask of its host; each fails where the right was not granted. See host.wit.
        pub mod host {
            $($(
                pub fn $fn($($text: &str),*) -> super::Answer {
                    let mut said: super::Said = [0; 3];
                    unsafe { super::raw::$fn($($text.as_ptr(), $text.len(),)* &mut said) };
                    super::answered(said)
                }
            )*)*
        }
    };
}

host! {
    "lumos:plugin/log@1.0.0" { log_write = "write"(level, message, fields); }
    "lumos:plugin/config@1.0.0" { config_get = "get"(); }
    "lumos:plugin/clock@1.0.0" { clock_now = "now"(); clock_monotonic = "monotonic"(); }
    "lumos:plugin/random@1.0.0" { random_bytes = "bytes"(count); }
    "lumos:plugin/http@1.0.0" {
        http_fetch = "fetch"(request); http_open = "open"(request); http_read = "read"(handle); http_close = "close"(handle);
    }
    "lumos:plugin/secrets@1.0.0" { secrets_get = "get"(name); }
    "lumos:plugin/kv@1.0.0" {
        kv_get = "get"(key); kv_set = "set"(key, value, options); kv_delete = "delete"(key); kv_keys = "keys"(prefix);
    }
    "lumos:plugin/files@1.0.0" {
        files_read = "read"(path, options); files_write = "write"(path, content, options);
        files_list_folder = "list-folder"(path);
    }
    "lumos:plugin/env@1.0.0" { env_get = "get"(name); }
    "lumos:plugin/model@1.0.0" { model_complete = "complete"(request); model_embed = "embed"(request); }
    "lumos:plugin/tools@1.0.0" { tools_call = "call"(id, arguments); }
    "lumos:plugin/events@1.0.0" { events_emit = "emit"(name, data); }
}

fn answered(said: Said) -> Answer {
    let text = unsafe { taken(said[1] as *mut u8, said[2] as usize) };
    if said[0] & 255 == 0 { Json::parse(&text) } else { Err(Error(text)) }
}

// --- exports; `plugin!` uses them

#[doc(hidden)]
pub unsafe fn taken(at: *mut u8, size: usize) -> String {
    if size == 0 {
        return String::new();
    }
    String::from_utf8_lossy(&Vec::from_raw_parts(at, size, size)).into_owned()
}

#[doc(hidden)]
pub fn given(answer: Answer) -> *mut Said {
    let (failed, text) = match answer {
        Ok(json) => (0, json.to_string()),
        Err(Error(text)) => (1, text),
    };
    let bytes = text.into_bytes().into_boxed_slice();
    let size = bytes.len() as u32;
    Box::into_raw(Box::new([failed, Box::into_raw(bytes) as *mut u8 as u32, size]))
}

#[doc(hidden)]
pub unsafe fn dropped(result: *mut Said) {
    let said = Box::from_raw(result);
    drop(taken(said[1] as *mut u8, said[2] as usize));
}

#[doc(hidden)]
pub unsafe fn moved(old: *mut u8, had: usize, align: usize, size: usize) -> *mut u8 {
    use std::alloc::{alloc, handle_alloc_error, realloc, Layout};
    if size == 0 {
        return align as *mut u8;
    }
    let layout = Layout::from_size_align_unchecked(if had == 0 { size } else { had }, align);
    let now = if had == 0 { alloc(layout) } else { realloc(old, layout, size) };
    if now.is_null() {
        handle_alloc_error(layout);
    }
    now
}

/// Export a `Plugin` under the contract's names: `plugin!(MyPlugin: tool, step)`, the kinds it implements.
#[macro_export]
macro_rules! plugin {
    ($plugin:ty: $($kind:ident),*) => {
        #[export_name = "cabi_realloc"]
        unsafe extern "C" fn lumos_realloc(old: *mut u8, had: usize, align: usize, size: usize) -> *mut u8 {
            lumos::moved(old, had, align, size)
        }
        #[export_name = "lumos:plugin/plugin@1.0.0#describe"]
        unsafe extern "C" fn lumos_describe() -> *mut [u32; 3] {
            lumos::given(Ok(<$plugin as lumos::Plugin>::describe()))
        }
        #[export_name = "cabi_post_lumos:plugin/plugin@1.0.0#describe"]
        unsafe extern "C" fn lumos_described(result: *mut [u32; 3]) {
            lumos::dropped(result)
        }
        $(lumos::export!($plugin, $kind);)*
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! export {
    ($plugin:ty, tool) => { lumos::export!($plugin, tool, "tool", "call"); };
    ($plugin:ty, step) => { lumos::export!($plugin, step, "step", "run"); };
    ($plugin:ty, processor) => {
        const _: () = {
            #[export_name = "lumos:plugin/processor@1.0.0#process"]
            unsafe extern "C" fn on(
                a: *mut u8, al: usize, b: *mut u8, bl: usize, c: *mut u8, cl: usize, d: *mut u8, dl: usize,
            ) -> *mut [u32; 3] {
                let (id, phase) = (lumos::taken(a, al), lumos::taken(b, bl));
                let (value, context) = (lumos::Json::parse(&lumos::taken(c, cl)), lumos::Json::parse(&lumos::taken(d, dl)));
                lumos::given((|| <$plugin as lumos::Plugin>::processor(&id, &phase, value?, context?))())
            }
            #[export_name = "cabi_post_lumos:plugin/processor@1.0.0#process"]
            unsafe extern "C" fn after(result: *mut [u32; 3]) {
                lumos::dropped(result)
            }
        };
    };
    ($plugin:ty, $fn:ident, $interface:literal, $name:literal) => {
        const _: () = {
            #[export_name = concat!("lumos:plugin/", $interface, "@1.0.0#", $name)]
            unsafe extern "C" fn on(
                a: *mut u8, al: usize, b: *mut u8, bl: usize, c: *mut u8, cl: usize,
            ) -> *mut [u32; 3] {
                let id = lumos::taken(a, al);
                let (value, context) = (lumos::Json::parse(&lumos::taken(b, bl)), lumos::Json::parse(&lumos::taken(c, cl)));
                lumos::given((|| <$plugin as lumos::Plugin>::$fn(&id, value?, context?))())
            }
            #[export_name = concat!("cabi_post_lumos:plugin/", $interface, "@1.0.0#", $name)]
            unsafe extern "C" fn after(result: *mut [u32; 3]) {
                lumos::dropped(result)
            }
        };
    };
}
