//! The contract of a route, in one constant.

use std::time::Duration;

use serde::Serialize;

use super::code::Code;

/// Who may call an endpoint. The handler checks ownership: a resource of somebody else is answered with 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody, signed in or not.
    Anyone,
    /// Every signed-in user.
    Buyer,
    /// The owner of a store.
    Seller,
    /// The owner of the store in question, or an administrator.
    SellerOrAdmin,
    /// An administrator.
    Admin,
}

/// What an endpoint serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// Data for programs: JSON. The OpenAPI document describes it.
    Data,
    /// A page for people: HTML.
    Page,
    /// A file that pages load, such as a script.
    File,
}

/// Renders a problem as a page for people.
pub type ProblemPage = fn(&ProblemText<'_>) -> String;

/// What a page says of a problem.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ProblemText<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The code in the contract, such as `NOT_FOUND`.
    pub code: &'a str,
    /// One sentence.
    pub detail: &'a str,
    /// The id of the request, by which an operator finds its log line.
    pub request_id: &'a str,
}

/// A route's contract. The OpenAPI operation, the row of the permission matrix and the template's routes are
/// made from it.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`, or `ANY` for the endpoint of unknown paths.
    pub method: &'static str,
    /// The path as the gateway writes it, e.g. `/api/v1/products/{id}`.
    pub path: &'static str,
    /// Who may call it.
    pub who: Who,
    /// The request body's type.
    pub body: Option<Type>,
    /// The query string's type.
    pub query: Option<Type>,
    /// The status of a success, and the type of its `data`.
    pub answer: (u16, Option<Type>),
    /// The error codes beside those that every endpoint can answer.
    pub codes: &'static [Code],
    /// Whether the answer is a document of its own form, without the envelope.
    pub bare: bool,
    /// What it serves.
    pub serves: Serves,
    /// How a person sees a problem; `None` answers every problem as JSON.
    pub problem_page: Option<ProblemPage>,
    /// Whether the answer is the same for everybody, and may be cached for some seconds.
    pub shared: bool,
    /// For how long, where that is not the deployment's setting.
    pub shared_for: Option<Duration>,
    /// Whether a request counts under the limit of suggestions, which is higher than that of other requests.
    pub suggests: bool,
    /// The function's memory in MB; `None` for the template's default.
    pub memory: Option<u32>,
}

macro_rules! methods {
    ($($function:ident $method:literal)*) => {
        $(#[doc = concat!("`", $method, " path`, for anyone, until said otherwise.")]
        pub const fn $function(path: &'static str) -> Self {
            Self::new($method, path)
        })*
    };
}

impl Endpoint {
    methods! { get "GET" post "POST" put "PUT" patch "PATCH" delete "DELETE" any "ANY" }

    const fn new(method: &'static str, path: &'static str) -> Self {
        Self {
            method,
            path,
            who: Who::Anyone,
            body: None,
            query: None,
            answer: (204, None),
            codes: &[],
            bare: false,
            serves: Serves::Data,
            problem_page: None,
            shared: false,
            shared_for: None,
            suggests: false,
            memory: None,
        }
    }

    /// A page for people at `path`: the same for everybody, and cached like lists. Problems are pages, too.
    pub const fn page(path: &'static str, problem_page: ProblemPage) -> Self {
        let page = Self { serves: Serves::Page, answer: (200, None), ..Self::get(path) };
        page.shared().problems_as_pages(problem_page)
    }

    /// A file at `path` that pages load.
    pub const fn file(path: &'static str) -> Self {
        Self { serves: Serves::File, answer: (200, None), ..Self::get(path) }
    }

    /// Problems are answered as pages: always where the endpoint is a page, otherwise to a request outside
    /// `/api/` that accepts HTML.
    pub const fn problems_as_pages(self, problem_page: ProblemPage) -> Self {
        Self { problem_page: Some(problem_page), ..self }
    }

    /// Who may call it.
    pub const fn who(self, who: Who) -> Self {
        Self { who, ..self }
    }

    /// The request body is a JSON `T`.
    pub const fn takes<T: Described>(self) -> Self {
        Self { body: Some(Type::of::<T>()), ..self }
    }

    /// The query string is a `T`.
    pub const fn reads<T: Described>(self) -> Self {
        Self { query: Some(Type::of::<T>()), ..self }
    }

    /// Success is `status`, with a `T` as `data`.
    pub const fn answers<T: Described>(self, status: u16) -> Self {
        Self { answer: (status, Some(Type::of::<T>())), ..self }
    }

    /// Success is 202: the work is done later.
    pub const fn accepts(self) -> Self {
        Self { answer: (202, None), ..self }
    }

    /// The answer is a document of its own form, without the envelope.
    pub const fn bare(self) -> Self {
        Self { bare: true, ..self }
    }

    /// The answer is the same for everybody. Each instance caches it for some seconds.
    pub const fn shared(self) -> Self {
        Self { shared: true, ..self }
    }

    /// The answer is the same for everybody, and cached for so many seconds.
    pub const fn shared_for(self, seconds: u64) -> Self {
        Self { shared: true, shared_for: Some(Duration::from_secs(seconds)), ..self }
    }

    /// Requests count under the limit of suggestions, because a page asks at each pause of typing.
    pub const fn suggests(self) -> Self {
        Self { suggests: true, ..self }
    }

    /// Sets the function's memory in MB.
    pub const fn memory(self, megabytes: u32) -> Self {
        Self { memory: Some(megabytes), ..self }
    }

    /// Adds error codes to those that every endpoint can answer.
    pub const fn refuses(self, codes: &'static [Code]) -> Self {
        Self { codes, ..self }
    }
}

/// A type that the OpenAPI document can describe. In a shipped binary this trait holds for every type and
/// costs nothing.
#[cfg(not(feature = "openapi"))]
pub trait Described {}
#[cfg(not(feature = "openapi"))]
impl<T> Described for T {}

/// A type that the OpenAPI document can describe.
#[cfg(feature = "openapi")]
pub trait Described: schemars::JsonSchema {}
#[cfg(feature = "openapi")]
impl<T: schemars::JsonSchema> Described for T {}

/// A type whose schema is made on demand.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    /// Adds the type to the generator's definitions and gives a schema that refers to it.
    #[cfg(feature = "openapi")]
    pub schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
}

impl Type {
    #[cfg(feature = "openapi")]
    const fn of<T: Described>() -> Self {
        Self { schema: |generator| generator.subschema_for::<T>() }
    }

    #[cfg(not(feature = "openapi"))]
    #[expect(clippy::extra_unused_type_parameters, reason = "the type is told only to the document")]
    const fn of<T: Described>() -> Self {
        Self {}
    }
}
