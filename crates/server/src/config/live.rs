//! The settings of subscriptions.

use std::time::Duration;

use clap::Args;

use super::value;

/// The limits of connections with subscriptions.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Subscriptions")]
pub struct LiveSettings {
    /// How long a WebSocket may take to send `connection_init`
    #[arg(
        long,
        env = "MINA_CONNECTION_INIT_TIMEOUT",
        value_name = "DURATION",
        default_value = "3s",
        value_parser = value::positive_duration
    )]
    pub connection_init_timeout: Duration,

    /// How often a ping is sent; a client that has not answered the last one is disconnected
    #[arg(
        long,
        env = "MINA_PING_INTERVAL",
        value_name = "DURATION",
        default_value = "15s",
        value_parser = value::positive_duration
    )]
    pub ping_interval: Duration,

    /// The maximum number of running operations on one WebSocket
    #[arg(
        long,
        env = "MINA_MAX_OPERATIONS",
        value_name = "N",
        default_value_t = 100,
        value_parser = value::number(1..=u32::MAX)
    )]
    pub max_operations: u32,

    /// The maximum number of open WebSocket connections, event streams and downloads of one user; 0
    /// means no limit. Never more than a quarter of --max-connections
    #[arg(
        long,
        env = "MINA_MAX_STREAMS_PER_VIEWER",
        value_name = "N",
        default_value_t = 200,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub max_streams_per_viewer: u32,

    /// The maximum number of open WebSocket connections from one address that have not signed in; 0
    /// means no limit. Never more than a quarter of --max-connections
    #[arg(
        long,
        env = "MINA_MAX_ANONYMOUS_WEBSOCKETS",
        value_name = "N",
        default_value_t = 50,
        value_parser = value::number(0..=u32::MAX)
    )]
    pub max_anonymous_websockets: u32,

    /// The maximum size of a WebSocket message, in bytes
    #[arg(
        long,
        env = "MINA_MAX_MESSAGE_SIZE",
        value_name = "BYTES",
        default_value_t = 128 * 1024,
        value_parser = value::number(1024..=u32::MAX)
    )]
    pub max_message_size: u32,
}
