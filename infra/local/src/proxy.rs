//! The API's own address: `http://127.0.0.1:3000/…` stands for the emulator's long gateway path, except for
//! the mailbox.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use http_body_util::{BodyExt as _, Either, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, EXPECT, HeaderName,
    HeaderValue, REFERRER_POLICY, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::oneshot;

use crate::{Error, mailbox};

type Answer = Response<Either<Incoming, Full<Bytes>>>;

/// Headers for one connection only. All other headers are passed on.
const HOP_BY_HOP: [HeaderName; 7] =
    [CONNECTION, EXPECT, HeaderName::from_static("keep-alive"), TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

/// The most bytes of a body: an HTTP API of AWS accepts 10 MB.
const MOST_BODY: usize = 10 << 20;

/// What stands behind the proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Upstream {
    /// The URL of the API.
    pub(crate) gateway: String,
    /// The URL of all mails.
    pub(crate) mails: String,
}

/// A running proxy, on a thread and a runtime of its own, because a test's runtime may end before its stack
/// does.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    upstream: Arc<RwLock<Upstream>>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Forwards requests of the listener to the gateway + path, or shows the mails.
    pub(crate) fn start(listener: TcpListener, upstream: Upstream) -> Result<Self, Error> {
        listener.set_nonblocking(true).map_err(Error::io("prepare the port"))?;
        let port = listener.local_addr().map_err(Error::io("prepare the port"))?.port();
        let upstream = Arc::new(RwLock::new(upstream));
        let (stop, stopped) = oneshot::channel::<Infallible>();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::io("start the proxy"))?;
        let target = Arc::clone(&upstream);
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, target) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self { port, upstream, stop: Some(stop), thread: Some(thread) })
    }

    /// Forwards to another address from the next request on.
    pub(crate) fn redirect(&self, upstream: Upstream) {
        *self.upstream.write().unwrap_or_else(PoisonError::into_inner) = upstream;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, upstream: Arc<RwLock<Upstream>>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    // Pooled. A connection that the emulator has closed meanwhile (it does after 1,000 requests) is replaced
    // unnoticed.
    let client = Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(connector);
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let (client, upstream) = (client.clone(), Arc::clone(&upstream));
        let service = service_fn(move |request| {
            let target = upstream.read().unwrap_or_else(PoisonError::into_inner).clone();
            let client = client.clone();
            async move { Ok::<_, Infallible>(answer(&client, &target, request).await) }
        });
        tokio::spawn(
            hyper::server::conn::http1::Builder::new()
                // A client may close its side and still wait for the answer.
                .half_close(true)
                .serve_connection(TokioIo::new(stream), service),
        );
    }
}

async fn answer(
    client: &Client<HttpConnector, Full<Bytes>>,
    target: &Upstream,
    request: Request<Incoming>,
) -> Answer {
    match mailbox::page(request.uri().path()) {
        Some(_) if request.method() != Method::GET => {
            failure(StatusCode::METHOD_NOT_ALLOWED, "the mailbox can only be read")
        }
        Some(page) => match mails(client, &target.mails).await {
            Ok(mails) => shown(mailbox::show(page, &mails)),
            Err(error) => failure(StatusCode::BAD_GATEWAY, &format!("no mailbox: {error}")),
        },
        None => forward(client, &target.gateway, request).await,
    }
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

async fn mails(
    client: &Client<HttpConnector, Full<Bytes>>,
    source: &str,
) -> Result<Vec<serde_json::Value>, AnyError> {
    let answer = client.get(source.parse()?).await?;
    Ok(mailbox::mails(&answer.into_body().collect().await?.to_bytes())?)
}

fn shown(shown: mailbox::Shown) -> Answer {
    let headers = [
        (CONTENT_TYPE, shown.content_type),
        (CONTENT_SECURITY_POLICY, shown.policy),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let mut answer = Response::new(Either::Right(Full::from(shown.body)));
    *answer.status_mut() = shown.status;
    for (name, value) in headers {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

async fn forward(
    client: &Client<HttpConnector, Full<Bytes>>,
    target: &str,
    request: Request<Incoming>,
) -> Answer {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let Ok(uri) = format!("{target}{path}").parse::<Uri>() else {
        return failure(StatusCode::BAD_REQUEST, "not a path");
    };
    // The body is read before anything is forwarded: a broken body is the client's fault, not the emulator's.
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, MOST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return failure(StatusCode::PAYLOAD_TOO_LARGE, "the body has more than 10 MB");
        }
        Err(error) => return failure(StatusCode::BAD_REQUEST, &format!("the body is broken: {error}")),
    };
    let mut request = Request::from_parts(parts, Full::new(body));
    // The client sets it again, because the body may have come in chunks.
    request.headers_mut().remove(CONTENT_LENGTH);
    *request.uri_mut() = uri;
    *request.version_mut() = Version::HTTP_11;
    for name in &HOP_BY_HOP {
        request.headers_mut().remove(name);
    }
    match client.request(request).await {
        Ok(mut answer) => {
            for name in &HOP_BY_HOP {
                answer.headers_mut().remove(name);
            }
            answer.map(Either::Left)
        }
        Err(error) => failure(StatusCode::BAD_GATEWAY, &format!("the emulator does not answer: {error}")),
    }
}

fn failure(status: StatusCode, why: &str) -> Answer {
    let mut answer = Response::new(Either::Right(Full::from(format!("cargo dev: {why}\n"))));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}
