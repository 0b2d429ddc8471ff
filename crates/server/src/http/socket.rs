//! The socket of a connection, whatever its protocol.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    pace::{Alarm, Pace},
    table::Place,
};
use crate::telemetry::Shed;

/// A socket that gives up on a client that reads too slowly. It holds its connection's place until
/// it is closed, even after HTTP has handed it over to a WebSocket.
pub struct Socket<S> {
    stream: S,
    pace: Pace,
    alarm: Alarm,
    _place: Place,
}

impl<S: AsyncWrite + Unpin> Socket<S> {
    /// A socket whose client may read nothing for `time_limit` while there is something to write.
    pub fn new(stream: S, time_limit: Duration, place: Place) -> Self {
        Self {
            stream,
            pace: Pace::new(time_limit),
            alarm: Alarm::default(),
            _place: place,
        }
    }

    /// The result of a write, which fails if it had to wait for too long.
    fn paced(
        &mut self,
        written: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(bytes)) => {
                self.pace.progress(*bytes as u64);
                self.pace.end();
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                self.pace.begin();
                ready!(self.alarm.poll(self.pace.deadline(), context));
                Shed::Unread.count();
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.paced(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.paced(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::{Instant, sleep, timeout};

    use super::*;
    use crate::http::table::ConnectionTable;

    const LIMIT: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn a_byte_now_and_then_is_not_enough() {
        let (ours, mut client) = duplex(1024);
        let table = ConnectionTable::new(1, 0);
        let place = table.enter([127, 0, 0, 1].into()).await.unwrap();
        let mut socket = Socket::new(ours, LIMIT, place);
        let reading = tokio::spawn(async move {
            while client.read_u8().await.is_ok() {
                sleep(LIMIT / 10).await;
            }
        });
        let begun = Instant::now();
        let written = timeout(LIMIT * 50, socket.write_all(&[0; 10 * 1024])).await;
        assert_eq!(
            written.unwrap().unwrap_err().kind(),
            io::ErrorKind::TimedOut
        );
        assert!(begun.elapsed() >= LIMIT);
        reading.abort();
    }

    #[tokio::test]
    async fn a_client_that_keeps_the_pace_is_served() {
        let (ours, mut client) = duplex(1024);
        let table = ConnectionTable::new(1, 0);
        let place = table.enter([127, 0, 0, 1].into()).await.unwrap();
        let mut socket = Socket::new(ours, LIMIT, place);
        let reading = tokio::spawn(async move {
            let mut buffer = [0; 1024];
            let mut count = 0;
            while count < 8 * 1024 {
                count += client.read(&mut buffer).await.unwrap();
                sleep(LIMIT / 2).await;
            }
        });
        socket.write_all(&[0; 8 * 1024]).await.unwrap();
        assert_eq!(socket.pace.deadline(), None);
        reading.await.unwrap();
    }
}
