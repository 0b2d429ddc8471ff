//! HTTP/1.1 by hand, where a client would hide what happens to the connection.

use std::time::Duration;

use libtest_mimic::Failed;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::server::Server;

/// The maximum time for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request whose answer is not awaited on an open connection.
pub const READY: &str = "GET /health/ready HTTP/1.1\r\nhost: mina\r\n\r\n";

/// A connection on which `text` has been sent.
pub async fn send(server: &Server, text: &str) -> Result<TcpStream, Failed> {
    let mut stream = TcpStream::connect(server.address()).await?;
    stream.write_all(text.as_bytes()).await?;
    Ok(stream)
}

/// Everything that the server sends until it closes the connection.
pub async fn rest(stream: &mut TcpStream) -> Result<String, Failed> {
    let mut bytes = Vec::new();
    let reading = timeout(PATIENCE, stream.read_to_end(&mut bytes));
    match reading.await.map_err(|_| "the connection stays open")? {
        Ok(_) => {}
        // A server that closes before it has read everything resets the connection.
        Err(_) if !bytes.is_empty() => {}
        Err(error) => return Err(error.into()),
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The first bytes of an answer, which include its status line.
pub async fn beginning(stream: &mut TcpStream) -> Result<String, Failed> {
    let mut bytes = vec![0; 4096];
    let reading = timeout(PATIENCE, stream.read(&mut bytes));
    let length = reading.await.map_err(|_| "there is no answer")??;
    Ok(String::from_utf8_lossy(&bytes[..length]).into_owned())
}
