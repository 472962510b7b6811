//! An HTTP proxy before an object store that makes trouble: seeded, counted, one request a connection.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::util::Random;

/// Larger requests are none that textmill makes.
const LARGEST: usize = 64 << 20;

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// 503, not carried out.
    Unavailable,
    /// 500, not carried out.
    Internal,
    /// 429 with `Retry-After: 1`, not carried out.
    TooMany,
    /// The connection is reset, nothing is carried out.
    Reset,
    /// Carried out, then the connection is reset.
    LostResponse,
    /// Carried out, then 500.
    LostAs500,
    /// 409 to a conditional create, not carried out. Other requests pass.
    Conflict,
    /// The last bytes of the body of an answer to a `GET` are missing. Other requests pass.
    ShortBody,
    /// No answer for as long as the connection is open.
    Silence,
    /// 400 `ExpiredToken`.
    Expired,
}

/// A request as far as plans look at it.
#[derive(Debug)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub creates: bool,
    raw: Vec<u8>,
}

impl Request {
    pub fn completes_upload(&self) -> bool {
        self.method == "POST" && self.target.contains("uploadId=")
    }

    pub fn is_part(&self) -> bool {
        self.method == "PUT" && self.target.contains("partNumber=")
    }
}

type Rule = (fn(&Request) -> bool, Fault, usize);

/// Which requests fail: first what the rules say, each so many times, then by chance.
#[derive(Default)]
pub struct Plan {
    pub seed: u64,
    /// Faults and how many of a thousand requests have them.
    pub rates: Vec<(Fault, u64)>,
    pub rules: Vec<Rule>,
}

impl Plan {
    /// Everything that can happen, with a third of all requests refused.
    pub fn everything(seed: u64) -> Self {
        let rates = vec![
            (Fault::Unavailable, 300),
            (Fault::Internal, 50),
            (Fault::Reset, 30),
            (Fault::LostResponse, 30),
            (Fault::LostAs500, 30),
            (Fault::ShortBody, 60),
            (Fault::Conflict, 100),
        ];
        let rules: Vec<Rule> = vec![
            (|_| true, Fault::TooMany, 1),
            (|request| request.creates, Fault::LostResponse, 1),
            (|request| request.creates, Fault::LostAs500, 1),
            (|request| request.creates, Fault::Conflict, 1),
        ];
        Self { seed, rates, rules }
    }
}

struct State {
    upstream: SocketAddr,
    random: Mutex<Random>,
    rates: Vec<(Fault, u64)>,
    rules: Mutex<Vec<Rule>>,
    requests: AtomicUsize,
    counts: Mutex<BTreeMap<Fault, usize>>,
}

/// A proxy that runs until its runtime ends.
pub struct Proxy {
    pub address: SocketAddr,
    state: Arc<State>,
}

impl Proxy {
    pub async fn start(upstream: SocketAddr, plan: Plan) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(State {
            upstream,
            random: Mutex::new(Random(plan.seed)),
            rates: plan.rates,
            rules: Mutex::new(plan.rules),
            requests: AtomicUsize::new(0),
            counts: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                // A client that hangs up is none of the proxy's business.
                tokio::spawn(async move { drop(state.handle(client).await) });
            }
        });
        Self { address, state }
    }

    /// Requests that came.
    pub fn requests(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// How often a fault was made.
    pub fn count(&self, fault: Fault) -> usize {
        self.state.counts.lock().expect("whole").get(&fault).copied().unwrap_or(0)
    }

    pub fn counts(&self) -> BTreeMap<Fault, usize> {
        self.state.counts.lock().expect("whole").clone()
    }
}

impl State {
    fn fault(&self, request: &Request) -> Option<Fault> {
        let mut rules = self.rules.lock().expect("whole");
        for (applies, fault, times) in rules.iter_mut() {
            if *times > 0 && applies(request) {
                *times -= 1;
                return Some(*fault);
            }
        }
        let mut roll = self.random.lock().expect("whole").below(1000);
        for (fault, rate) in &self.rates {
            if roll < *rate {
                return Some(*fault);
            }
            roll -= rate;
        }
        None
    }

    async fn handle(&self, mut client: TcpStream) -> io::Result<()> {
        let Some(request) = read_request(&mut client).await? else { return Ok(()) };
        self.requests.fetch_add(1, Ordering::SeqCst);
        let fault = match self.fault(&request) {
            Some(Fault::Conflict) if !request.creates => None,
            Some(Fault::ShortBody) if request.method != "GET" => None,
            fault => fault,
        };
        if let Some(fault) = fault {
            *self.counts.lock().expect("whole").entry(fault).or_default() += 1;
        }
        match fault {
            None => client.write_all(&self.forward(&request).await?).await,
            Some(Fault::Unavailable) => answer(&mut client, "503 Slow Down", "", "SlowDown").await,
            Some(Fault::Internal) => answer(&mut client, "500 Internal Server Error", "", "InternalError").await,
            Some(Fault::TooMany) => {
                answer(&mut client, "429 Too Many Requests", "retry-after: 1\r\n", "TooManyRequests").await
            }
            Some(Fault::Conflict) => answer(&mut client, "409 Conflict", "", "ConditionalRequestConflict").await,
            Some(Fault::Expired) => answer(&mut client, "400 Bad Request", "", "ExpiredToken").await,
            Some(Fault::Reset) => client.set_zero_linger(),
            Some(Fault::LostResponse) => {
                self.forward(&request).await?;
                client.set_zero_linger()
            }
            Some(Fault::LostAs500) => {
                self.forward(&request).await?;
                answer(&mut client, "500 Internal Server Error", "", "InternalError").await
            }
            Some(Fault::ShortBody) => {
                let whole = self.forward(&request).await?;
                let body = whole.len() - end_of_head(&whole).unwrap_or(whole.len());
                let cut = self.random.lock().expect("whole").below(body as u64 + 1) as usize;
                client.write_all(&whole[..whole.len() - cut]).await
            }
            Some(Fault::Silence) => {
                // Until the client gives up.
                client.read(&mut [0]).await.map(drop)
            }
        }
    }

    /// The store's whole answer, head and body.
    async fn forward(&self, request: &Request) -> io::Result<Vec<u8>> {
        let mut store = TcpStream::connect(self.upstream).await?;
        store.write_all(&request.raw).await?;
        let mut whole = Vec::new();
        store.read_to_end(&mut whole).await?;
        Ok(whole)
    }
}

async fn answer(client: &mut TcpStream, status: &str, header: &str, code: &str) -> io::Result<()> {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>by the proxy</Message></Error>");
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n{header}content-length: {}\r\n\r\n", body.len());
    client.write_all(head.as_bytes()).await?;
    client.write_all(body.as_bytes()).await
}

/// Where the body begins.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// One request, with a head that asks the store to close the connection after the answer.
async fn read_request(client: &mut TcpStream) -> io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = end_of_head(&bytes) {
            break end;
        }
        if client.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.trim_end().split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers: Vec<&str> = lines.filter(|line| !line.to_ascii_lowercase().starts_with("connection:")).collect();
    let value = |name: &str| {
        let lower = format!("{name}:");
        headers
            .iter()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix(&lower).map(|value| value.trim().to_owned()))
    };
    let length: usize = value("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    assert!(length <= LARGEST && value("transfer-encoding").is_none(), "a request that nobody should make: {head}");
    while bytes.len() < end + length {
        if client.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
    let creates = value("if-none-match").is_some();
    let request_head = format!("{method} {target} HTTP/1.1\r\n{}\r\nconnection: close\r\n\r\n", headers.join("\r\n"));
    let mut raw = request_head.into_bytes();
    raw.extend_from_slice(&bytes[end..end + length]);
    Ok(Some(Request { method: method.to_owned(), target: target.to_owned(), creates, raw }))
}
