//! File, environment and flags, one over the other, with errors that name the place.

use std::path::Path;

use serde::Deserialize as _;
use toml::{Table, Value};

use super::{Config, ConfigError};

/// Reads all layers. Each override is applied alone, so that an error names its variable or flag.
pub(super) fn read(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: &[(String, String)],
) -> Result<Config, ConfigError> {
    let (mut table, missing) = match file {
        Some(path) => read_file(path)?,
        None => (Table::new(), None),
    };
    let mut variables: Vec<_> = environment
        .into_iter()
        .filter(|(name, _)| name.starts_with(PREFIX) && name != FILE_VARIABLE)
        .collect();
    variables.sort();
    for (name, text) in variables {
        let key = name[PREFIX.len()..].to_lowercase().replace("__", ".");
        set(&mut table, &name, &key, &text)?;
    }
    for (key, text) in flags {
        set(&mut table, &format!("--set {key}"), key, text)?;
    }
    Config::deserialize(Value::Table(table)).map_err(|error| {
        missing
            .filter(|_| is_missing(&error))
            .unwrap_or_else(|| ConfigError::new("configuration", error.message()))
    })
}

/// The keys of a file, and what it lacks by itself.
fn read_file(path: &Path) -> Result<(Table, Option<ConfigError>), ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        ConfigError::new(
            path.display(),
            format_args!("the file cannot be read: {}", error.kind()),
        )
    })?;
    let at = |error: &toml::de::Error| {
        let offset = error.span().map_or(0, |span| span.start).min(text.len());
        let before = &text.as_bytes()[..offset];
        let line = before.iter().filter(|byte| **byte == b'\n').count();
        let headers = text.lines().take(line + 1).filter_map(|line| {
            let line = line.trim();
            let name = line.strip_prefix('[')?;
            Some(
                name.trim_start_matches('[')
                    .split(']')
                    .next()?
                    .trim()
                    .to_owned(),
            )
        });
        let section = headers.last().unwrap_or_default();
        (format!("{}:{}", path.display(), line + 1), section)
    };
    // The whole file first: only its own text knows the lines.
    let mut missing = None;
    if let Err(error) = toml::from_str::<Config>(&text) {
        let (place, section) = at(&error);
        let explained = ConfigError::new(place, explain(&error, &section));
        if !is_missing(&error) {
            return Err(explained);
        }
        missing = Some(explained);
    }
    let table = toml::from_str(&text);
    table
        .map(|table| (table, missing))
        .map_err(|error| ConfigError::new(at(&error).0, error.message()))
}

/// Puts one value into the table: as TOML if that fits, else as a text.
fn set(table: &mut Table, place: &str, key: &str, text: &str) -> Result<(), ConfigError> {
    let parsed = toml::from_str::<Table>(&format!("value = {text}"));
    let parsed = parsed.ok().and_then(|mut table| table.remove("value"));
    let mut first = None;
    for value in [parsed, Some(Value::String(text.to_owned()))]
        .into_iter()
        .flatten()
    {
        let mut changed = table.clone();
        insert(&mut changed, key, value).map_err(|message| ConfigError::new(place, message))?;
        match Config::deserialize(Value::Table(changed.clone())) {
            Err(error) if !is_missing(&error) => {
                first.get_or_insert(error);
            }
            Ok(_) | Err(_) => {
                *table = changed;
                return Ok(());
            }
        }
    }
    let error = first.expect("the text itself was tried");
    let section = key.rsplit_once('.').map_or("", |(section, _)| section);
    Err(ConfigError::new(place, explain(&error, section)))
}

fn insert(table: &mut Table, key: &str, value: Value) -> Result<(), String> {
    let mut parts = key.split('.').peekable();
    let mut table = table;
    while let Some(part) = parts.next() {
        if part.is_empty() {
            return Err(format!(
                "`{key}` is no key: name each part, as in `server.listen`"
            ));
        }
        if parts.peek().is_none() {
            table.insert(part.to_owned(), value);
            return Ok(());
        }
        let inner = table
            .entry(part)
            .or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(inner) = inner else {
            return Err(format!("`{key}` is no key: `{part}` is not a section"));
        };
        table = inner;
    }
    Ok(())
}

/// A later layer may still give what is missing.
fn is_missing(error: &toml::de::Error) -> bool {
    error.message().starts_with("missing field")
}

/// An unknown key with what is allowed in its section and the likeliest of them; other errors as they are.
fn explain(error: &toml::de::Error, section: &str) -> String {
    let message = error.message();
    let mut names = message.split('`').skip(1).step_by(2);
    let unknown = message.starts_with("unknown field");
    let Some(key) = names.next().filter(|_| unknown) else {
        return if section.is_empty() {
            message.to_owned()
        } else {
            format!("in `{section}`: {message}")
        };
    };
    let allowed: Vec<_> = names.collect();
    let full = if section.is_empty() {
        key.to_owned()
    } else {
        format!("{section}.{key}")
    };
    let nearest = allowed
        .iter()
        .map(|name| (strsim::damerau_levenshtein(name, key), name))
        .min()
        .filter(|(distance, _)| *distance <= 1 + key.len() / 4);
    let hint = nearest.map_or(String::new(), |(_, name)| {
        format!(" did you mean `{name}`?")
    });
    format!(
        "unknown key `{full}`:{hint} allowed here: {}",
        allowed.join(", ")
    )
}

const PREFIX: &str = "ASC_";
const FILE_VARIABLE: &str = "ASC_CONFIG";
