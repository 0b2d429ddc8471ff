//! The table of figures.

use std::{fmt, time::Duration};

use clap::ValueEnum;
use serde::Serialize;

use crate::{
    data::Size,
    database::Database,
    options::Options,
    query::Query,
    server::Kind,
    window::{Sample, f64_of},
};

/// The figures of all servers on one database.
#[derive(Serialize)]
pub struct Report {
    database: &'static str,
    meetings: i32,
    tasks: i32,
    participants: i32,
    segments: i32,
    seed: u64,
    connections: u32,
    window_seconds: u32,
    rows: Vec<Row>,
}

/// The figures of one server and query.
#[derive(Serialize)]
struct Row {
    query: &'static str,
    #[serde(skip)]
    title: &'static str,
    server: Kind,
    #[serde(skip)]
    samples: Vec<Sample>,
    #[serde(flatten)]
    figures: Figures,
}

/// The medians of all windows. Times of the processors and statements are sums over all windows,
/// and the memory is that of the worst.
#[derive(Default, Serialize)]
struct Figures {
    requests_per_second: f64,
    p50_milliseconds: f64,
    p99_milliseconds: f64,
    server_cpu_seconds_per_1000_requests: f64,
    database_cpu_seconds_per_1000_requests: Option<f64>,
    peak_memory_mebibytes: f64,
    statements_per_request: f64,
    rejected_percent: f64,
    others_percent: f64,
    windows: usize,
    windows_thrown_away: usize,
}

impl Report {
    pub fn new(database: &Database, size: Size, options: &Options) -> Self {
        Self {
            database: database.name(),
            meetings: size.meetings,
            tasks: size.tasks(),
            participants: size.participants(),
            segments: size.segments(),
            seed: size.seed,
            connections: options.connections,
            window_seconds: options.seconds,
            rows: Vec::new(),
        }
    }

    /// Adds what was measured in a window.
    pub fn add(&mut self, query: &Query, server: Kind, sample: Sample) {
        let is_its = |row: &&mut Row| row.query == query.name && row.server == server;
        if let Some(row) = self.rows.iter_mut().find(is_its) {
            row.samples.push(sample);
            row.figures = Figures::of(&row.samples);
        } else {
            let samples = vec![sample];
            self.rows.push(Row {
                query: query.name,
                title: query.title,
                server,
                figures: Figures::of(&samples),
                samples,
            });
        }
        let order = |row: &Row| {
            Kind::value_variants()
                .iter()
                .position(|kind| *kind == row.server)
        };
        let first = self.rows.iter().position(|row| row.query == query.name);
        self.rows[first.unwrap_or_default()..].sort_by_key(order);
    }
}

impl Figures {
    fn of(samples: &[Sample]) -> Self {
        let median = |value: fn(&Sample) -> f64| {
            let mut values: Vec<f64> = samples.iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            let middle = values.len() / 2;
            if values.len().is_multiple_of(2) {
                f64::midpoint(values[middle - 1], values[middle])
            } else {
                values[middle]
            }
        };
        let highest = |value: fn(&Sample) -> f64| samples.iter().map(value).fold(0.0, f64::max);
        let requests = f64_of(samples.iter().map(|sample| sample.load.requests).sum());
        let rejected = f64_of(samples.iter().map(|sample| sample.load.rejected).sum());
        let per_1000 = |time: Duration| time.as_secs_f64() / requests * 1000.0;
        let statements = samples.iter().map(|sample| sample.statements).sum();
        let database: Option<Duration> = samples.iter().map(|sample| sample.database_cpu).sum();
        Self {
            requests_per_second: median(|sample| {
                f64_of(sample.load.requests) / sample.load.seconds
            }),
            p50_milliseconds: median(|sample| sample.load.p50.as_secs_f64() * 1000.0),
            p99_milliseconds: median(|sample| sample.load.p99.as_secs_f64() * 1000.0),
            server_cpu_seconds_per_1000_requests: per_1000(
                samples.iter().map(|sample| sample.server_cpu).sum(),
            ),
            database_cpu_seconds_per_1000_requests: database.map(per_1000),
            peak_memory_mebibytes: highest(|sample| sample.peak_memory),
            statements_per_request: f64_of(statements) / requests,
            rejected_percent: rejected / (requests + rejected) * 100.0,
            others_percent: highest(|sample| sample.others),
            windows: samples.len(),
            windows_thrown_away: samples.iter().map(|sample| sample.thrown_away).sum(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "## {}: {} connections, windows of {} s; {} meetings, {} tasks, {} participants, {} \
             segments, seed {}",
            self.database,
            self.connections,
            self.window_seconds,
            self.meetings,
            self.tasks,
            self.participants,
            self.segments,
            self.seed,
        )?;
        for (index, row) in self.rows.iter().enumerate() {
            if index == 0 || self.rows[index - 1].query != row.query {
                writeln!(out, "\n### {}: {}", row.query, row.title)?;
                writeln!(
                    out,
                    "| server | requests/s | of rows by hand | p50, ms | p99, ms | server, CPU s per \
                     1,000 requests | database, CPU s per 1,000 requests | peak memory, MiB | \
                     statements per request | rejected, % | others, at most % of machine | windows thrown away |"
                )?;
                writeln!(
                    out,
                    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
                )?;
            }
            self.write_row(out, row)?;
        }
        Ok(())
    }
}

impl Report {
    fn write_row(&self, out: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
        let figures = &row.figures;
        let by_hand = self
            .rows
            .iter()
            .find(|other| other.query == row.query && other.server == Kind::Rows);
        let ratio = by_hand.map_or_else(
            || "–".to_owned(),
            |other| {
                let other = other.figures.requests_per_second;
                format!("{:.2}", figures.requests_per_second / other)
            },
        );
        let database = figures
            .database_cpu_seconds_per_1000_requests
            .map_or_else(|| "in the server".to_owned(), |time| format!("{time:.3}"));
        writeln!(
            out,
            "| {} | {:.0} | {ratio} | {:.2} | {:.2} | {:.3} | {database} | {:.0} | {:.2} | {:.1} | {:.1} \
             | {} of {} |",
            row.server.name(),
            figures.requests_per_second,
            figures.p50_milliseconds,
            figures.p99_milliseconds,
            figures.server_cpu_seconds_per_1000_requests,
            figures.peak_memory_mebibytes,
            figures.statements_per_request,
            figures.rejected_percent,
            figures.others_percent,
            figures.windows_thrown_away,
            figures.windows + figures.windows_thrown_away,
        )
    }
}
