//! HTTP functions: from a gateway event to an answer.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use api::{Answer, Deployment, Endpoint, Problem, ProblemPage, Request, RequestId, Serves, Standing};
use domain::Timestamp;
use futures_util::FutureExt;
use http::HeaderValue;
use http::header::{ACCEPT, CONTENT_ENCODING, COOKIE, Entry, IF_NONE_MATCH, SET_COOKIE};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_http::aws_lambda_events::encodings::Body;
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{LambdaEvent, RequestExt};
use providers::trace::Trace;
use tokio::time::Instant;

use crate::config::ATTEMPT;
use crate::connect::deployment;
use crate::deadline::{LAST_WORDS, time_left};
use crate::{Config, Connect, Function, Source, StartError, Trigger};

/// The most time of a request that connecting again may take.
const RECONNECT: Duration = Duration::from_secs(3);
/// After a failure, connecting is tried again with the next event after this time.
const RECONNECT_REST: Duration = Duration::from_mins(1);

impl<S: Connect, H: AsyncFn(&S, Request) -> api::Result> Trigger<S, Request, H> for Endpoint {
    type Function = HttpFunction<S, H>;

    fn source(self) -> Source {
        Source::Http(self)
    }

    async fn start(self, handler: H, config: Config) -> Result<Self::Function, StartError> {
        HttpFunction::start(self, handler, config).await
    }
}

impl<S: Connect, H: AsyncFn(&S, Request) -> api::Result> Function for HttpFunction<S, H> {
    type Event = LambdaRequest;
    type Answer = ApiGatewayV2httpResponse;

    async fn answer(&self, event: LambdaEvent<LambdaRequest>) -> Result<ApiGatewayV2httpResponse, String> {
        Ok(self.answer(event).await)
    }
}

/// An endpoint, connected and ready for events.
pub struct HttpFunction<S, H> {
    endpoint: Endpoint,
    handler: H,
    reach: RefCell<Reach<S>>,
    deployment: Arc<Deployment>,
    config: Config,
}

/// What the handler may touch, and when it was connected.
struct Reach<S> {
    held: Rc<S>,
    since: Timestamp,
    /// When connecting again was last tried.
    tried: Timestamp,
}

impl<S: Connect, H: AsyncFn(&S, Request) -> api::Result> HttpFunction<S, H> {
    /// The cold start.
    pub async fn start(endpoint: Endpoint, handler: H, config: Config) -> Result<Self, StartError> {
        let now = config.clock.now();
        let reach = Reach { held: Rc::new(S::connect(&config).await?), since: now, tried: now };
        Ok(Self { endpoint, handler, reach: RefCell::new(reach), deployment: deployment(&config)?, config })
    }

    /// The handler's reach, connected again when it is stale. While that runs or when it fails, the old reach
    /// is used.
    async fn reach(&self) -> Rc<S> {
        let now = self.config.clock.now();
        let old = {
            let mut reach = self.reach.borrow_mut();
            let is_stale = S::STALE_AFTER.is_some_and(|life| now.since(reach.since) >= life);
            if !is_stale || now.since(reach.tried) < RECONNECT_REST {
                return Rc::clone(&reach.held);
            }
            reach.tried = now;
            Rc::clone(&reach.held)
        };
        let failed = match tokio::time::timeout(RECONNECT, S::connect(&self.config)).await {
            Ok(Ok(held)) => {
                let held = Rc::new(held);
                *self.reach.borrow_mut() = Reach { held: Rc::clone(&held), since: now, tried: now };
                return held;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        tracing::warn!(cause = failed, "connecting again failed; the old connection stays in use");
        old
    }

    /// Answers one event. The caller always gets an answer of the contract, and the log one line.
    pub async fn answer(&self, event: LambdaEvent<LambdaRequest>) -> ApiGatewayV2httpResponse {
        let started = Instant::now();
        let left = time_left(&event.context, &self.deployment.clock);
        let header = event.context.xray_trace_id.clone();
        let request = self.read(event);
        let id = request.id.clone();
        let is_head = request.method == "HEAD";
        // Only reads honour `If-None-Match`: the answer to a write is always new.
        let if_none_match: Vec<_> = match is_head || request.method == "GET" {
            true => request.headers.get_all(IF_NONE_MATCH).iter().cloned().collect(),
            false => Vec::new(),
        };

        let problem_page = self.problem_page(&request);

        let trace = Trace { request_id: id.to_string(), header };
        let work = trace.follow(self.handle(request));
        let work = AssertUnwindSafe(work).catch_unwind();
        let result = match tokio::time::timeout(left.saturating_sub(LAST_WORDS), work).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Problem::internal("the handler panicked")),
            Err(_) => Err(Problem::try_again("the function's time is up")),
        };

        let cause = result.as_ref().err().and_then(|problem| problem.cause.clone());
        let answer = Answer::new(result, &id, self.deployment.clock.now(), &if_none_match, problem_page);
        let answer = if is_head { answer.without_body() } else { answer };
        self.report(left.saturating_sub(started.elapsed() + LAST_WORDS)).await;
        self.log(&answer, &id, started.elapsed(), cause.as_deref());
        wire(answer)
    }

    /// How the caller of a request sees a problem; `None` for JSON.
    fn problem_page(&self, request: &Request) -> Option<ProblemPage> {
        let is_page = self.endpoint.serves == Serves::Page;
        let accepts_html = || {
            let accepted = request.header(ACCEPT.as_str()).unwrap_or_default();
            !request.path.starts_with("/api/") && accepted.contains("text/html")
        };
        self.endpoint.problem_page.filter(|_| is_page || accepts_html())
    }

    async fn handle(&self, request: Request) -> api::Result {
        match self.endpoint.shared {
            // A cached answer makes no call to the table, so it is not limited either.
            true => request.shared(&self.endpoint, async |request| self.make(request).await).await,
            false => self.make(request).await,
        }
    }

    async fn make(&self, request: Request) -> api::Result {
        let reach = self.reach().await;
        if let Some(table) = reach.table() {
            // Boxed, here and below: the types of an SDK call are nested so deeply that the compiler gives
            // up.
            Box::pin(request.enter(table, self.endpoint.suggests)).await?;
        }
        // Boxed, to keep the futures around it small: they are copied several times on their way into the
        // timeout.
        Box::pin((self.handler)(&*reach, request)).await
    }

    /// Reports the counts of the rate limits to the table when that is due. The answer waits for one try. It
    /// is sent even if the report fails.
    async fn report(&self, left: Duration) {
        let reach = Rc::clone(&self.reach.borrow().held);
        let Some(table) = reach.table() else { return };
        if tokio::time::timeout(left.min(ATTEMPT), Box::pin(self.deployment.report(table))).await.is_err() {
            tracing::warn!("requests were not counted in time");
        }
    }

    fn read(&self, event: LambdaEvent<LambdaRequest>) -> Request {
        let LambdaEvent { mut payload, context } = event;
        let Url { host, path, query } = take_url(&mut payload);
        let cookies = take_cookies(&mut payload);
        let request: lambda_http::Request = payload.into();
        let params = request.path_parameters_ref().map_or_else(Default::default, |params| {
            params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        });
        let (gateway_id, source) = match request.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(gateway)) => {
                (gateway.request_id.clone(), gateway.http.source_ip.clone())
            }
            _ => (None, None),
        };
        let (mut parts, body) = request.into_parts();
        for cookie in cookies {
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                parts.headers.append(COOKIE, cookie);
            }
        }
        let own_id = parts.headers.get("x-request-id").and_then(|id| id.to_str().ok());
        let candidates = [own_id, gateway_id.as_deref(), Some(context.request_id.as_str())];
        Request {
            id: RequestId::first_sane(candidates.into_iter().flatten()),
            method: parts.method.to_string(),
            path,
            query,
            headers: parts.headers,
            params,
            body: match body {
                Body::Text(text) => text.into(),
                Body::Binary(bytes) => bytes.into(),
                _ => bytes::Bytes::new(),
            },
            source: source.unwrap_or_default(),
            host,
            standing: Standing::default(),
            deployment: Arc::clone(&self.deployment),
        }
    }

    fn log(&self, answer: &Answer, id: &RequestId, took: Duration, cause: Option<&str>) {
        let Endpoint { method, path, .. } = self.endpoint;
        let (status, micros) = (answer.status, u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        if status >= 500 {
            tracing::error!(method, path, status, request_id = id.as_str(), micros, cause, "request");
        } else {
            tracing::info!(method, path, status, request_id = id.as_str(), micros, cause, "request");
        }
    }
}

/// The parts of a request's URL.
#[derive(Default)]
struct Url {
    host: String,
    path: String,
    query: String,
}

/// Takes the parts of the URL out of an event. Callers can put any text there, and `lambda_http` panics on an
/// invalid URL. The gateway sends requests here by their host, so a caller cannot choose another one.
fn take_url(event: &mut LambdaRequest) -> Url {
    let LambdaRequest::ApiGatewayV2(event) = event else { return Url::default() };
    let host = event.headers.remove("host").and_then(|host| host.to_str().ok().map(str::to_owned));
    event.headers.remove("x-forwarded-proto");
    let domain = event.request_context.domain_name.take();
    Url {
        host: host.or(domain).filter(|host| is_host(host)).unwrap_or_else(|| "localhost".to_owned()),
        path: event.raw_path.take().unwrap_or_default(),
        query: event.raw_query_string.take().unwrap_or_default(),
    }
}

/// Whether a text has only the characters of a host with its port.
fn is_host(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
}

/// Takes the cookies out of an event, which lists them beside the headers. `lambda_http` joins them to one
/// header, and drops all of them when one is not valid in a header.
fn take_cookies(event: &mut LambdaRequest) -> Vec<String> {
    match event {
        LambdaRequest::ApiGatewayV2(event) => event.cookies.take().unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn wire(answer: Answer) -> ApiGatewayV2httpResponse {
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = i64::from(answer.status);
    response.body = match answer.body {
        body if body.is_empty() => None,
        body if answer.headers.contains_key(CONTENT_ENCODING) => Some(Body::Binary(body.into())),
        body => Some(match String::from_utf8(body.into()) {
            Ok(text) => Body::Text(text),
            Err(error) => Body::Binary(error.into_bytes()),
        }),
    };
    // The gateway decodes it.
    response.is_base64_encoded = matches!(response.body, Some(Body::Binary(_)));
    response.headers = answer.headers;
    if let Entry::Occupied(cookies) = response.headers.entry(SET_COOKIE) {
        let (_, cookies) = cookies.remove_entry_mult();
        response.cookies = cookies.filter_map(|cookie| cookie.to_str().ok().map(str::to_owned)).collect();
    }
    response
}

#[cfg(test)]
mod tests {
    use api::Reply;
    use domain::{Clock, Timestamp};
    use lambda_http::Context;

    use super::*;

    #[tokio::test]
    async fn an_event_with_a_deadline_of_1970_is_answered() {
        let settings = |name: &str| match name {
            "CURRENCY" => Some("USD".to_owned()),
            "ISSUER" => Some("test".to_owned()),
            _ => Some("1".to_owned()),
        };
        let clock = Clock::new(|| Timestamp::from_millis(1_795_262_400_000));
        let config = Config::new(settings, clock, aws_smithy_http_client::Builder::new().build_http());
        let handler = async |(): &(), _: Request| {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Reply::ok(&"here")
        };
        let function = HttpFunction::start(Endpoint::get("/health"), handler, config).await.unwrap();

        let payload = serde_json::from_str(include_str!("../../../events/health.json")).unwrap();
        let answer = function.answer(LambdaEvent { payload, context: Context::default() }).await;
        assert_eq!(answer.status_code, 200);
    }
}
