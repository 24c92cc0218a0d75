//! The Model Context Protocol, for agents: the library as tools, its documents as resources, and a prompt for drafting
//! with citations.
//!
//! `/mcp` serves it over HTTP, [`serve_stdio`] over standard input and output. A call of a tool is what the route of the
//! same name does: the same queue, deadline, access and errors. Over HTTP no session is kept: the protocol of 2026-07-28
//! has none, and older clients are served without one.

mod prompt;
mod resources;
mod schema;
mod tools;

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::http::request::Parts;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, GetPromptRequestParams, GetPromptResponse,
    Implementation, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
    ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use yiju_access::Scope;

use crate::access::Grant;
use crate::collections::DEFAULT;
use crate::error::ApiError;
use crate::request_id::RequestId;
use crate::state::AppState;
use crate::target::Target;

/// What a client is told about the server.
const INSTRUCTIONS: &str = "Yiju answers questions about the policy documents of a library with verbatim quotes and the \
    clauses they are from. Ask with `ask` first; it refuses where the documents do not answer, and then lists the nearest \
    clauses. `search` ranks clauses; `get_clause` and `outline` give the text around one; `verify_quote` says whether a \
    quote is in the documents. Quote verbatim, and give document and clause with each quote.";

/// The service at `/mcp`.
pub(crate) type HttpService = StreamableHttpService<Yiju, NeverSessionManager>;

/// The routes' service over `state`. Hosts and origins are checked before it, by the layers of all routes.
pub(crate) fn http(state: &AppState) -> HttpService {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(state.limits().body_bytes)
        .disable_allowed_hosts()
        .disable_allowed_origins();
    let state = state.clone();
    let made = move || Ok(Yiju { state: state.clone() });
    StreamableHttpService::new(made, Arc::new(NeverSessionManager::default()), config)
}

/// Serves the default collection over standard input and output until the input ends.
///
/// # Errors
/// The client does not begin as the protocol says, or the service failed.
pub async fn serve_stdio(state: AppState) -> io::Result<()> {
    let served = Yiju { state }.serve(rmcp::transport::stdio()).await;
    let running = served.map_err(|error| io::Error::other(error.to_string()))?;
    running.waiting().await.map(|_| ()).map_err(io::Error::other)
}

/// The server of one client.
#[derive(Clone)]
pub(crate) struct Yiju {
    state: AppState,
}

/// A call: what it may read, and the id of its request.
struct Call {
    target: Target,
    request_id: RequestId,
}

impl Yiju {
    /// What the caller may read: over HTTP by its key and path, else the default collection.
    async fn call(&self, context: &mut RequestContext<RoleServer>) -> Result<Call, ApiError> {
        match context.extensions.remove::<Parts>() {
            Some(mut parts) => {
                let request_id = parts.extensions.get::<RequestId>().cloned();
                let request_id =
                    request_id.ok_or_else(|| ApiError::internal("the request has no id"))?;
                let target = Target::reading(&mut parts, &self.state).await?;
                Ok(Call { target, request_id })
            }
            None => {
                let target = Target::named(&self.state, Grant::own(), DEFAULT, Scope::Read)?;
                let request_id = RequestId::local(&context.id.to_string());
                Ok(Call { target, request_id })
            }
        }
    }
}

impl ServerHandler for Yiju {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_resources()
            .enable_prompts()
            .build();
        let this = Implementation::new("yiju", env!("CARGO_PKG_VERSION")).with_title("Yiju 依据");
        ServerConfig::new(capabilities).with_server_info(this).with_instructions(INSTRUCTIONS)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::all().iter().find(|tool| tool.name == name).cloned()
    }

    fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ListToolsResult, ErrorData>> + Send + '_ {
        std::future::ready(Ok(ListToolsResult::with_all_items(tools::all().to_vec())))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let call = match self.call(&mut context).await {
            Ok(call) => call,
            Err(error) => return Ok(tools::failed(&error).into()),
        };
        let arguments = request.arguments.unwrap_or_default();
        let done = tools::call(call, &request.name, arguments).await?;
        Ok(done.unwrap_or_else(|error| tools::failed(&error)).into())
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        mut context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let call = self.call(&mut context).await.map_err(protocol_error)?;
        let cursor = request.and_then(|request| request.cursor);
        resources::list(call.target, cursor).await.map_err(protocol_error)
    }

    fn list_resource_templates(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ListResourceTemplatesResult, ErrorData>> + Send + '_ {
        let templates = resources::templates();
        std::future::ready(Ok(ListResourceTemplatesResult::with_all_items(templates)))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        mut context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let call = self.call(&mut context).await.map_err(protocol_error)?;
        let read = resources::read(call, &request.uri).await;
        read.map(ReadResourceResponse::from).map_err(protocol_error)
    }

    fn list_prompts(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ListPromptsResult, ErrorData>> + Send + '_ {
        std::future::ready(Ok(ListPromptsResult::with_all_items(vec![prompt::drafting()])))
    }

    fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<GetPromptResponse, ErrorData>> + Send + '_ {
        std::future::ready(prompt::get(&request).map(GetPromptResponse::from))
    }
}

/// An error of a request that is no call of a tool.
fn protocol_error(error: ApiError) -> ErrorData {
    use axum::http::StatusCode;
    let message = tools::told(&error);
    match error.code().status() {
        StatusCode::NOT_FOUND => ErrorData::resource_not_found(message, None),
        status if status.is_client_error() => ErrorData::invalid_params(message, None),
        _ => ErrorData::internal_error(message, None),
    }
}
