//! The handshake of a client: an HTTP request, and what it is answered.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::handshake::machine::TryParse as _;
use tokio_tungstenite::tungstenite::handshake::server::{
    Request as HttpRequest, create_response, write_response,
};
use voice_call::gemini::{Request, Surface};

/// A client that may open a session, or the status that it was refused with.
pub(crate) type Answered = Result<Surface, u16>;

/// Reads a request and answers it. After `Ok(Ok(_))` both sides speak WebSocket.
pub(crate) async fn answer<S>(stream: &mut S, key: Option<&str>) -> io::Result<Answered>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = read_head(stream).await?;
    let decision = match &request {
        Ok(request) => decide(request, key),
        Err(status) => Err(*status),
    };
    let mut head = Vec::new();
    let refused = match (decision, &request) {
        (Ok(surface), Ok(request)) => match create_response(request) {
            Ok(response) => {
                write_response(&mut head, &response).map_err(io::Error::other)?;
                Ok(surface)
            }
            Err(_) => Err(400),
        },
        (Err(status), _) | (_, &Err(status)) => Err(status),
    };
    if let Err(status) = refused {
        head.extend_from_slice(&refusal(status));
    }
    stream.write_all(&head).await?;
    stream.flush().await?;
    Ok(refused)
}

/// Reads to the end of a request's head.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Result<HttpRequest, u16>> {
    let mut head = Vec::new();
    loop {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if head.len() > LONGEST_HEAD {
            return Ok(Err(431));
        }
        if !head.windows(4).any(|four| four == b"\r\n\r\n") {
            continue;
        }
        if !head.starts_with(b"GET ") {
            return Ok(Err(404));
        }
        return Ok(match HttpRequest::try_parse(&head) {
            // A client may not send more before it has the answer.
            Ok(Some((length, request))) if length == head.len() => Ok(request),
            _ => Err(400),
        });
    }
}

/// Whether a request is for a session, and by whom.
fn decide(request: &HttpRequest, key: Option<&str>) -> Answered {
    let target = request.uri().to_string();
    let headers = request.headers().iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let session = Request::recognise(&target, headers).map_err(|_| 404_u16)?;
    match (key, session.credential) {
        (None, _) => Ok(session.surface),
        (Some(_), None) => Err(403),
        (Some(key), Some(credential)) if credential.expose() == key => Ok(session.surface),
        (Some(_), Some(_)) => Err(401),
    }
}

fn refusal(status: u16) -> Vec<u8> {
    let (name, problem) = match status {
        401 => (
            "Unauthorized",
            "API key not valid. Please pass a valid API key.",
        ),
        403 => ("Forbidden", "Method doesn't allow unregistered callers."),
        404 => ("Not Found", "There is no such method."),
        431 => (
            "Request Header Fields Too Large",
            "The request is too long.",
        ),
        _ => ("Bad Request", "The request is not a WebSocket's."),
    };
    let body = serde_json::json!({ "error": { "code": status, "message": problem } }).to_string();
    format!(
        "HTTP/1.1 {status} {name}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

const LONGEST_HEAD: usize = 16 * 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    async fn status(request: &str, key: Option<&str>) -> String {
        let (mut client, mut server) = tokio::io::duplex(64 * 1_024);
        client.write_all(request.as_bytes()).await.expect("written");
        let _ = answer(&mut server, key).await.expect("answered");
        drop(server);
        let mut text = String::new();
        client.read_to_string(&mut text).await.expect("read");
        text.lines().next().unwrap_or_default().to_owned()
    }

    fn upgrade(path: &str, header: &str) -> String {
        format!(
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{header}\r\n"
        )
    }

    #[tokio::test]
    async fn who_gets_in() {
        let path = "/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent";
        let (slashes, in_query) = (format!("/{path}?key=K"), format!("{path}?key=wrong"));
        for (request, key, expected) in [
            (upgrade(path, ""), None, "101 Switching Protocols"),
            (upgrade(&slashes, ""), Some("K"), "101 Switching Protocols"),
            (
                upgrade(path, "x-goog-api-key: K\r\n"),
                Some("K"),
                "101 Switching Protocols",
            ),
            (upgrade(&in_query, ""), Some("K"), "401 Unauthorized"),
            (upgrade(path, ""), Some("K"), "403 Forbidden"),
            (upgrade("/any/path", ""), None, "404 Not Found"),
            (
                upgrade(&path.replace("v1", "v9"), ""),
                None,
                "404 Not Found",
            ),
            (
                format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n"),
                None,
                "400 Bad Request",
            ),
            (
                "POST / HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
                None,
                "404 Not Found",
            ),
            ("GET\r\n\r\n".to_owned(), None, "404 Not Found"),
            (
                upgrade(path, &format!("x: {}\r\n", "y".repeat(LONGEST_HEAD))),
                None,
                "431 Request Header Fields Too Large",
            ),
        ] {
            assert_eq!(status(&request, key).await, format!("HTTP/1.1 {expected}"));
        }
    }
}
