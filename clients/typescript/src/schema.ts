// Made from docs/reference by `make clients`.
export interface paths {
    "/v1/agents/{agent_id}/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run an agent
         * @description The answer comes when the run has stopped: completed, or suspended until a person has decided. With `stream` the run's events come as they happen; closing the connection then cancels the run. A run that fails is a problem with its `run_id`.
         */
        post: operations["startRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/chat/completions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Chat with an agent or a model
         * @description `model` is an agent (action `agent.run`; it calls its own tools, and its own settings hold), an alias or `<provider>/<model>` (action `model.call`; `tools` are the client's). Speaks OpenAI's protocol.
         */
        post: operations["createChatCompletion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/responses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get a response of an agent or a model
         * @description `model` is an agent (action `agent.run`), an alias or `<provider>/<model>` (action `model.call`).
         *
         *     An agent calls its own tools, shown as items of type `mcp_call`; its calls that need leave become
         *     `mcp_approval_request` items, answered with `mcp_approval_response`. A model calls the client's functions: items of type
         *     `function_call`, continued with `function_call_output`.
         *
         *     A response with a `conversation` belongs to that thread. What is kept of a response is kept for 30 days.
         *     OpenAI's hosted tools, prompts, files, `truncation: auto`, `top_logprobs` and `max_tool_calls` are refused by name.
         */
        post: operations["createResponse"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/responses/{response_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a stored response */
        get: operations["getResponse"];
        put?: never;
        post?: never;
        /**
         * Delete a stored response
         * @description The run behind it stays; responses that continue it cannot be continued further.
         */
        delete: operations["deleteResponse"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/responses/{response_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancel a response in the background */
        post: operations["cancelResponse"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/responses/{response_id}/input_items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List what a response was made from */
        get: operations["listResponseInputItems"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tools": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List tools */
        get: operations["listTools"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tools/{tool_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a tool and its schema */
        get: operations["getTool"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tools/{tool_id}/schema": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the JSON Schema of a tool's arguments */
        get: operations["getToolSchema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tools/{tool_id}/call": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Call a tool
         * @description The arguments are checked against the tool's schema. The plugin's own permissions hold.
         */
        post: operations["callTool"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List runs
         * @description The caller's own runs, newest first; a caller with the scope `*` sees everybody's.
         */
        get: operations["listRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{run_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a run */
        get: operations["getRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{run_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get or follow a run's events
         * @description With `Accept: text/event-stream` the recorded events come first, from `after` or `Last-Event-ID` on, then those that happen, until the run stops. Pieces of text (`model.delta`) are not recorded.
         */
        get: operations["getRunEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{run_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancel a run */
        post: operations["cancelRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{run_id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Go on with a suspended run */
        post: operations["resumeRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{run_id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give leave for the calls a run waits with
         * @description Every call that waits for leave, or those named, may be made, and the run goes on. Questions that tools ask are answered with `resume`, which can also decide call by call.
         */
        post: operations["approveRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{run_id}/decline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refuse leave for the calls a run waits with
         * @description Every call that waits for leave, or those named, is not made; the model is told so, and the run goes on.
         */
        post: operations["declineRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List agents */
        get: operations["listAgents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents/{agent_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an agent, and what it has when it runs
         * @description `effective` has the globs, aliases, routes and defaults resolved, and the host's limits applied.
         */
        get: operations["getAgent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents/{agent_id}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List an agent's versions
         * @description The newest first. There are none before the first draft.
         */
        get: operations["listAgentVersions"];
        put?: never;
        /**
         * Draft a version of an agent
         * @description Nothing else changes: `<agent>@<number>` is asked beside the agent, by whoever may `agent.preview` as well as `agent.run`, wherever an agent is named.
         */
        post: operations["createAgentVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents/{agent_id}/versions/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a version of an agent */
        get: operations["getAgentVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents/{agent_id}/versions/{number}/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Compare versions of an agent
         * @description `diff` is a unified diff of the two as they stand in `lumos.toml`.
         */
        get: operations["compareAgentVersion"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents/{agent_id}/versions/{number}/publish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Publish a draft of an agent
         * @description It is written into `lumos.toml`, whose comments stay, and holds for runs that begin then. What somebody wrote there meanwhile is kept as a version of its own.
         */
        post: operations["publishAgentVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/agents/{agent_id}/versions/{number}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore a version of an agent
         * @description What it says holds again, as a new version.
         */
        post: operations["restoreAgentVersion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/threads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List conversations
         * @description The caller's own, last used first; a caller with the scope `*` sees everybody's.
         */
        get: operations["listThreads"];
        put?: never;
        /**
         * Make a conversation
         * @description A run with a `thread_id` that is new makes it as well.
         */
        post: operations["createThread"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/threads/{thread_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a conversation */
        get: operations["getThread"];
        put?: never;
        post?: never;
        /**
         * Delete a conversation
         * @description Its messages and runs go with it.
         */
        delete: operations["deleteThread"];
        options?: never;
        head?: never;
        /** Change a conversation's title or metadata */
        patch: operations["updateThread"];
        trace?: never;
    };
    "/v1/threads/{thread_id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a conversation's messages
         * @description The last ones, oldest first; the next page has those before them.
         */
        get: operations["getThreadMessages"];
        put?: never;
        /**
         * Add messages to a conversation
         * @description To the end, all or none; no agent runs.
         */
        post: operations["addThreadMessages"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a conversation
         * @description A conversation is a thread: `/v1/threads` shows it too.
         */
        post: operations["createConversation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/conversations/{conversation_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a conversation */
        get: operations["getConversation"];
        put?: never;
        /** Replace a conversation's metadata */
        post: operations["updateConversation"];
        /** Delete a conversation with its runs */
        delete: operations["deleteConversation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/conversations/{conversation_id}/items": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List a conversation's items */
        get: operations["listConversationItems"];
        put?: never;
        /** Add items to a conversation */
        post: operations["createConversationItems"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/conversations/{conversation_id}/items/{item_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get an item of a conversation */
        get: operations["getConversationItem"];
        put?: never;
        post?: never;
        /**
         * Delete an item of a conversation
         * @description The runs recorded of the conversation go with it, for they hold it as well.
         */
        delete: operations["deleteConversationItem"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/embeddings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Embed texts */
        post: operations["createEmbeddings"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List models
         * @description Agents, aliases, routes, and providers' models as `<provider>/<model>`: what the caller may use.
         */
        get: operations["listModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a model */
        get: operations["getModel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * See what you spent
         * @description Calls of models, tokens and US dollars, directly and through agents, by all processes that share the storage.
         */
        get: operations["getUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/usage/callers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** See what each caller spent */
        get: operations["listUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plugins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List plugins */
        get: operations["listPlugins"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plugins/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look again at what is installed
         * @description New plugins are added, changed swapped, missing ones removed. Calls in flight finish. Other processes of the service do the same; `siblings` tells which could not.
         */
        post: operations["refreshPlugins"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plugins/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get a plugin, its contributions, permissions and health */
        get: operations["getPlugin"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plugins/{name}/permissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get what a plugin asks for, is granted, and may do
         * @description Each thing it asks for in plain words, with its risk, the riskiest first.
         */
        get: operations["getPluginPermissions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plugins/{name}/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Ask a plugin how it is
         * @description It has 5 seconds to answer.
         */
        get: operations["getPluginHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plugins/{name}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Switch a plugin on
         * @description It holds until the host restarts; `lumos plugin enable NAME` writes it into lumos.toml. Other processes of the service do the same; `siblings` tells which could not.
         */
        post: operations["enablePlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plugins/{name}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Switch a plugin off
         * @description Calls in flight finish. It holds until the host restarts; `lumos plugin disable NAME` writes it into lumos.toml. Other processes of the service do the same; `siblings` tells which could not.
         */
        post: operations["disablePlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plugins/{name}/reload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Load a plugin's code anew
         * @description Calls in flight finish on the old code, new ones go to the new. Other processes of the service do the same; `siblings` tells which could not.
         */
        post: operations["reloadPlugin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plugins/{name}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow a plugin's log and the events about it
         * @description Server-sent events without end: first `following`, then `log` for a line, `event` for an event, and `left_out` where more came than the client took.
         */
        get: operations["followPlugin"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the configuration in force
         * @description Defaults, file and environment together. No secret is told, only where it is kept.
         */
        get: operations["getConfig"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change lumos.toml
         * @description A merge patch (RFC 7396), also as `application/merge-patch+json`. It holds at once, for runs that begin then; `waiting` tells what holds from the next start. The file's comments stay, and where anything is wrong it is left as it was. Agents, models, limits, and plugins' `enabled` and `settings` (with `plugin.manage`) may be changed; the rest, and the settings of plugins that hold secrets, let callers in, or keep the data, only with the scope `*`.
         */
        patch: operations["updateConfig"];
        trace?: never;
    };
    "/v1/config/schema": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the JSON Schema of lumos.toml
         * @description The settings of installed plugins included.
         */
        get: operations["getConfigSchema"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/panels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List panels */
        get: operations["listPanels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/panels/{panel_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get what a panel shows now */
        get: operations["getPanel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tell whether the service answers
         * @description Open to every caller. The status is 200 as long as the service answers at all. A caller who may manage plugins is told, as `service`, of its processes.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tell whether the service can do its work
         * @description Open to every caller. The status is 503 while runs cannot be recorded.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get metrics in Prometheus' format
         * @description Served by the `prometheus` plugin; 404 while it is not there. Where several processes serve, the label `worker` tells whose a sample is.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/plugins/{plugin}/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GET what a plugin serves
         * @description What a plugin serves, by the paths and methods of its manifest. It does not see the caller's credentials, and its answers carry no cookies, scripts or CORS headers.
         */
        get: operations["getPluginRoute"];
        /**
         * PUT what a plugin serves
         * @description What a plugin serves, by the paths and methods of its manifest. It does not see the caller's credentials, and its answers carry no cookies, scripts or CORS headers.
         */
        put: operations["putPluginRoute"];
        /**
         * POST what a plugin serves
         * @description What a plugin serves, by the paths and methods of its manifest. It does not see the caller's credentials, and its answers carry no cookies, scripts or CORS headers.
         */
        post: operations["postPluginRoute"];
        /**
         * DELETE what a plugin serves
         * @description What a plugin serves, by the paths and methods of its manifest. It does not see the caller's credentials, and its answers carry no cookies, scripts or CORS headers.
         */
        delete: operations["deletePluginRoute"];
        options?: never;
        head?: never;
        /**
         * PATCH what a plugin serves
         * @description What a plugin serves, by the paths and methods of its manifest. It does not see the caller's credentials, and its answers carry no cookies, scripts or CORS headers.
         */
        patch: operations["patchPluginRoute"];
        trace?: never;
    };
    "/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Tell where to go from here */
        get: operations["getRoot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get this document */
        get: operations["getOpenAPI"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/asyncapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Get the AsyncAPI document of the WebSocket */
        get: operations["getAsyncAPI"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read about the operations in a browser */
        get: operations["getDocs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AgentDetail
         * @description An agent, and what it has when it runs.
         */
        AgentDetail: {
            /** Id */
            id: string;
            /** Description */
            description: string;
            /** Model */
            model: string | string[] | null;
            /** Tools */
            tools: string[];
            /** Processors */
            processors: string[];
            /** Memory */
            memory: string[];
            /** Approve */
            approve: string[];
            effective: components["schemas"]["EffectiveAgent"];
        };
        /**
         * AgentTool
         * @description A tool that an agent has: its id, the name models know it by, and whether a person is asked before each call.
         */
        AgentTool: {
            /** Id */
            id: string;
            /** Name */
            name: string;
            /** Description */
            description: string;
            /** Approval */
            approval: boolean;
        };
        /**
         * AgentVersionChanges
         * @description What is different from ``base`` (null: what ``lumos.toml`` says, of which there is no version) in ``number``.
         */
        AgentVersionChanges: {
            /** Base */
            base: number | null;
            /** Number */
            number: number;
            /** Changes */
            changes: components["schemas"]["ChangeView"][];
            /** Diff */
            diff: string;
        };
        /**
         * AgentVersionDetail
         * @description A version with the agent's table as it stands in ``lumos.toml``.
         */
        AgentVersionDetail: {
            /** Id */
            id: string;
            /** Agent */
            agent: string;
            /** Number */
            number: number;
            /**
             * State
             * @enum {string}
             */
            state: "draft" | "published" | "holds";
            /** Author */
            author: string;
            /** Note */
            note: string;
            /** Created At */
            created_at: number;
            /** Published At */
            published_at: number | null;
            /** @default null */
            siblings?: components["schemas"]["SiblingsView"] | null;
            /** Config */
            config: {
                [key: string]: unknown;
            };
        };
        /**
         * AgentVersionDraft
         * @description A draft: what it changes of the version that holds, or of another one.
         */
        AgentVersionDraft: {
            /**
             * Config
             * @description A merge patch (RFC 7396) of the agent's table: null takes a key out.
             */
            config: {
                [key: string]: unknown;
            };
            /**
             * Base
             * @description The version it changes; the one that holds where it is left out.
             * @default null
             */
            base?: number | null;
            /**
             * Note
             * @description What it is for.
             * @default
             */
            note?: string;
        };
        /**
         * AgentVersionView
         * @description A version of an agent. ``id`` is what a run names to be answered by it.
         *
         *     ``state`` is ``holds`` for what ``lumos.toml`` says, ``draft`` for what never held, else ``published``.
         */
        AgentVersionView: {
            /** Id */
            id: string;
            /** Agent */
            agent: string;
            /** Number */
            number: number;
            /**
             * State
             * @enum {string}
             */
            state: "draft" | "published" | "holds";
            /** Author */
            author: string;
            /** Note */
            note: string;
            /** Created At */
            created_at: number;
            /** Published At */
            published_at: number | null;
            /** @default null */
            siblings?: components["schemas"]["SiblingsView"] | null;
        };
        /**
         * AgentView
         * @description An agent.
         */
        AgentView: {
            /** Id */
            id: string;
            /** Description */
            description: string;
            /** Model */
            model: string | string[] | null;
            /** Tools */
            tools: string[];
            /** Processors */
            processors: string[];
            /** Memory */
            memory: string[];
            /** Approve */
            approve: string[];
        };
        /**
         * AllowedToolsIn
         * @description The functions that may, or one of which must, be called.
         */
        AllowedToolsIn: {
            /**
             * Type
             * @constant
             */
            type: "allowed_tools";
            /**
             * Mode
             * @enum {string}
             */
            mode: "auto" | "required";
            /** Tools */
            tools: components["schemas"]["NamedToolIn"][];
        };
        /**
         * ApprovalIn
         * @description A person's word on a call that an agent asked leave for.
         */
        ApprovalIn: {
            /**
             * Type
             * @constant
             */
            type: "mcp_approval_response";
            /**
             * Id
             * @default null
             */
            id?: string | null;
            /** Approval Request Id */
            approval_request_id: string;
            /** Approve */
            approve: boolean;
            /**
             * Reason
             * @default null
             */
            reason?: string | null;
        };
        /**
         * BudgetView
         * @description What a caller may spend in a period, what is left of it, and when it begins anew.
         */
        BudgetView: {
            /** Tokens */
            tokens: number | null;
            /** Cost */
            cost: number | null;
            /**
             * Period
             * @enum {string}
             */
            period: "day" | "month" | "total";
            /** Tokens Left */
            tokens_left: number | null;
            /** Cost Left */
            cost_left: number | null;
            /** Renews */
            renews: string | null;
        };
        /**
         * Cancelled
         * @description The run is being cancelled.
         */
        Cancelled: {
            /** Run Id */
            run_id: string;
            /**
             * Status
             * @constant
             */
            status: "cancelled";
        };
        /**
         * ChangeView
         * @description A key that is different, dotted; null is one that is not there.
         */
        ChangeView: {
            /** Key */
            key: string;
            /** Was */
            was: unknown;
            /** Now */
            now: unknown;
        };
        /**
         * ChangesView
         * @description What looking again at the installed plugins found.
         */
        ChangesView: {
            /** Added */
            added: string[];
            /** Swapped */
            swapped: string[];
            /** Removed */
            removed: string[];
            /** @default null */
            siblings?: components["schemas"]["SiblingsView"] | null;
        };
        /**
         * ChatBody
         * @description A chat completion request.
         *
         *     What would change the answer and is not served is refused by its name; what else is not listed is passed over.
         */
        ChatBody: {
            /**
             * Model
             * @description An agent, an alias, or `<provider>/<model>`.
             */
            model: string;
            /** Messages */
            messages: components["schemas"]["MessageIn"][];
            /**
             * Stream
             * @default null
             */
            stream?: boolean | null;
            /** @default null */
            stream_options?: components["schemas"]["StreamOptions"] | null;
            /**
             * Temperature
             * @default null
             */
            temperature?: number | null;
            /**
             * Top P
             * @default null
             */
            top_p?: number | null;
            /**
             * Max Tokens
             * @default null
             */
            max_tokens?: number | null;
            /**
             * Max Completion Tokens
             * @default null
             */
            max_completion_tokens?: number | null;
            /**
             * Stop
             * @default null
             */
            stop?: (string | string[]) | null;
            /**
             * Seed
             * @default null
             */
            seed?: number | null;
            /**
             * N
             * @default null
             */
            n?: 1 | null;
            /**
             * Tools
             * @default null
             */
            tools?: components["schemas"]["ToolIn"][] | null;
            /**
             * Tool Choice
             * @default null
             */
            tool_choice?: (("auto" | "none" | "required") | components["schemas"]["NamedTool"]) | null;
            /** @default null */
            response_format?: components["schemas"]["FormatIn"] | null;
            /**
             * Metadata
             * @default null
             */
            metadata?: {
                [key: string]: string;
            } | null;
            /**
             * Logprobs
             * @default null
             */
            logprobs?: false | null;
            /**
             * Top Logprobs
             * @default null
             */
            top_logprobs?: 0 | null;
            /**
             * Modalities
             * @default null
             */
            modalities?: "text"[] | null;
            /**
             * Audio
             * @description Not served, nor are the next four.
             * @default null
             */
            audio?: null;
            /**
             * Functions
             * @default null
             */
            functions?: null;
            /**
             * Function Call
             * @default null
             */
            function_call?: null;
            /**
             * Prediction
             * @default null
             */
            prediction?: null;
            /**
             * Web Search Options
             * @default null
             */
            web_search_options?: null;
        } & {
            [key: string]: unknown;
        };
        /**
         * ChatChoice
         * @description The answer.
         */
        ChatChoice: {
            /** Index */
            index: number;
            /** Message */
            message: {
                [key: string]: unknown;
            };
            /** Logprobs */
            logprobs: null;
            /** Finish Reason */
            finish_reason: string;
        };
        /**
         * ChatCompletion
         * @description A chat completion (OpenAI API reference, "The chat completion object").
         */
        ChatCompletion: {
            /** Id */
            id: string;
            /**
             * Object
             * @constant
             */
            object: "chat.completion";
            /** Created */
            created: number;
            /** Model */
            model: string;
            /** Choices */
            choices: components["schemas"]["ChatChoice"][];
            usage: components["schemas"]["OpenAIUsage"];
        };
        /**
         * ConfigDocument
         * @description A configuration, section by section, as `GET /v1/config/schema` describes it.
         */
        ConfigDocument: {
            [key: string]: unknown;
        };
        /**
         * ConfigPatch
         * @description What is to change, as a merge patch (RFC 7396): what is left out stays, null takes a key out of the file.
         */
        ConfigPatch: {
            /** @description Agents by id. */
            agents?: {
                [key: string]: unknown;
            } | null;
            /** @description Limits of every run. */
            limits?: {
                [key: string]: unknown;
            } | null;
            /** @description Which models agents use. */
            models?: {
                [key: string]: unknown;
            } | null;
            /** @description Plugins by name: `enabled` and `settings`. */
            plugins?: {
                [key: string]: unknown;
            } | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * ConfigView
         * @description The configuration in force: defaults, file and environment. Secrets are shown as the references they are.
         *
         *     ``waiting`` are the keys of which the file says what holds from the next start only, ``overridden`` those just
         *     changed for which an environment variable says something else. ``problem`` is what is wrong with the file as it is
         *     now: what it said before is in force then.
         */
        ConfigView: {
            /** File */
            file: string | null;
            config: components["schemas"]["ConfigDocument"];
            /** Waiting */
            waiting: string[];
            /** @default null */
            problem?: components["schemas"]["ErrorView"] | null;
            /**
             * Overridden
             * @default null
             */
            overridden?: string[] | null;
            /** @default null */
            siblings?: components["schemas"]["SiblingsView"] | null;
        };
        /**
         * ContributionView
         * @description Something that a plugin contributes; what else it has depends on its kind.
         */
        ContributionView: {
            /**
             * Id
             * @default
             */
            id?: string;
            /**
             * Description
             * @default null
             */
            description?: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * ConversationBody
         * @description A new conversation, with its first items.
         */
        ConversationBody: {
            /**
             * Items
             * @default null
             */
            items?: (components["schemas"]["MessageItemIn"] | components["schemas"]["FunctionCallIn"] | components["schemas"]["FunctionOutputIn"] | components["schemas"]["HostedCallIn"] | components["schemas"]["ApprovalIn"] | components["schemas"]["PassedOverIn"] | components["schemas"]["UnknownIn"])[] | null;
            /**
             * Metadata
             * @default null
             */
            metadata?: {
                [key: string]: string;
            } | null;
        };
        /**
         * ConversationIn
         * @description A conversation by its id.
         */
        ConversationIn: {
            /** Id */
            id: string;
        };
        /**
         * ConversationView
         * @description A conversation.
         */
        ConversationView: {
            /** Id */
            id: string;
            /**
             * Object
             * @constant
             */
            object: "conversation";
            /** Created At */
            created_at: number;
            /** Metadata */
            metadata: {
                [key: string]: unknown;
            };
        };
        /**
         * DecisionIn
         * @description A person's word on a pending call: leave or refusal, or the answer to its question.
         */
        DecisionIn: {
            /**
             * Approve
             * @default null
             */
            approve?: boolean | null;
            /**
             * Answer
             * @default null
             */
            answer?: string | null;
            /**
             * Reason
             * @default
             */
            reason?: string;
        };
        /**
         * DeletedView
         * @description Something that is no more.
         */
        DeletedView: {
            /** Id */
            id: string;
            /**
             * Object
             * @enum {string}
             */
            object: "response.deleted" | "conversation.deleted";
            /**
             * Deleted
             * @constant
             */
            deleted: true;
        };
        /**
         * EffectiveAgent
         * @description What an agent has when it runs: its globs, aliases, routes and defaults resolved, the host's limits applied.
         *
         *     ``models`` are asked in this order. ``error`` tells why it could not run now; the lists are empty then.
         */
        EffectiveAgent: {
            /** Models */
            models: string[];
            /** Tools */
            tools: components["schemas"]["AgentTool"][];
            limits: components["schemas"]["LimitsView"] | null;
            /** @default null */
            error?: components["schemas"]["ErrorView"] | null;
        };
        /**
         * EmbeddingList
         * @description Vectors in the order of the inputs.
         */
        EmbeddingList: {
            /**
             * Object
             * @constant
             */
            object: "list";
            /** Data */
            data: components["schemas"]["EmbeddingView"][];
            /** Model */
            model: string;
            usage: components["schemas"]["OpenAIUsage"];
        };
        /**
         * EmbeddingView
         * @description A vector, as numbers or as base64 of little-endian float32.
         */
        EmbeddingView: {
            /**
             * Object
             * @constant
             */
            object: "embedding";
            /** Index */
            index: number;
            /** Embedding */
            embedding: number[] | string;
        };
        /**
         * EmbeddingsBody
         * @description Texts to embed. Tokens instead of text are not taken: they mean something to one model only.
         */
        EmbeddingsBody: {
            /** Model */
            model: string;
            /** Input */
            input: string | string[];
            /**
             * Encoding Format
             * @default float
             * @enum {string}
             */
            encoding_format?: "float" | "base64";
            /**
             * Dimensions
             * @default null
             */
            dimensions?: number | null;
            /**
             * User
             * @default null
             */
            user?: string | null;
        };
        /**
         * ErrorView
         * @description What went wrong.
         */
        ErrorView: {
            /** Code */
            code: string;
            /** Message */
            message: string;
            /**
             * Hint
             * @default null
             */
            hint?: string | null;
            /**
             * Plugin
             * @default null
             */
            plugin?: string | null;
        };
        /**
         * FieldError
         * @description What is wrong with one field of a request.
         */
        FieldError: {
            /** Field */
            field: string;
            /** Message */
            message: string;
        };
        /**
         * FormatIn
         * @description Text, any JSON object, or JSON that satisfies a schema.
         */
        FormatIn: {
            /**
             * Type
             * @enum {string}
             */
            type: "text" | "json_object" | "json_schema";
            /** @default null */
            json_schema?: components["schemas"]["SchemaIn"] | null;
        };
        /**
         * FunctionCallIn
         * @description A call the model made, given back as it came.
         */
        FunctionCallIn: {
            /**
             * Type
             * @constant
             */
            type: "function_call";
            /**
             * Id
             * @default null
             */
            id?: string | null;
            /** Call Id */
            call_id: string;
            /** Name */
            name: string;
            /** Arguments */
            arguments: string;
        };
        /**
         * FunctionCallView
         * @description The function that was called, and the JSON text the model wrote as arguments.
         */
        FunctionCallView: {
            /** Name */
            name: string;
            /** Arguments */
            arguments: string;
        };
        /**
         * FunctionIn
         * @description The function an assistant called, and the JSON text it wrote as arguments.
         */
        FunctionIn: {
            /** Name */
            name: string;
            /**
             * Arguments
             * @default {}
             */
            arguments?: string;
        };
        /**
         * FunctionOutputIn
         * @description What a function of the client's returned.
         */
        FunctionOutputIn: {
            /**
             * Type
             * @constant
             */
            type: "function_call_output";
            /**
             * Id
             * @default null
             */
            id?: string | null;
            /** Call Id */
            call_id: string;
            /** Output */
            output: string | (components["schemas"]["TextIn"] | components["schemas"]["InputImageIn"] | components["schemas"]["RefusalIn"])[];
        };
        /**
         * FunctionSpecIn
         * @description A function the client offers.
         */
        FunctionSpecIn: {
            /** Name */
            name: string;
            /**
             * Description
             * @default
             */
            description?: string;
            /**
             * Parameters
             * @default null
             */
            parameters?: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * FunctionToolIn
         * @description A function of the client's. OpenAI's hosted tools are not here.
         */
        FunctionToolIn: {
            /**
             * Type
             * @constant
             */
            type: "function";
            /** Name */
            name: string;
            /**
             * Description
             * @default null
             */
            description?: string | null;
            /**
             * Parameters
             * @default null
             */
            parameters?: {
                [key: string]: unknown;
            } | null;
            /**
             * Strict
             * @default null
             */
            strict?: boolean | null;
        };
        /**
         * HealthView
         * @description How something says it is.
         */
        HealthView: {
            /** Ok */
            ok: boolean;
            /**
             * Detail
             * @default
             */
            detail?: string;
        };
        /**
         * HostedCallIn
         * @description A call of one of an agent's own tools, given back as it came.
         */
        HostedCallIn: {
            /**
             * Type
             * @constant
             */
            type: "mcp_call";
            /**
             * Id
             * @default null
             */
            id?: string | null;
            /**
             * Server Label
             * @default
             */
            server_label?: string;
            /** Name */
            name: string;
            /** Arguments */
            arguments: string;
            /**
             * Output
             * @default null
             */
            output?: string | null;
            /**
             * Error
             * @default null
             */
            error?: unknown;
        };
        /**
         * ImageIn
         * @description An image.
         */
        ImageIn: {
            /**
             * Type
             * @constant
             */
            type: "image_url";
            image_url: components["schemas"]["ImageUrlIn"];
        };
        /**
         * ImagePartView
         * @description An image.
         */
        ImagePartView: {
            /**
             * Type
             * @constant
             */
            type: "image_url";
            image_url: components["schemas"]["ImageUrlView"];
        };
        /**
         * ImageUrlIn
         * @description Where an image is: an ``https:`` address the vendor fetches, or the image itself as ``data:image/…``.
         */
        ImageUrlIn: {
            /** Url */
            url: string;
            /**
             * Detail
             * @default auto
             * @enum {string}
             */
            detail?: "auto" | "low" | "high";
        };
        /**
         * ImageUrlView
         * @description Where an image is, or the image itself as ``data:image/…``.
         */
        ImageUrlView: {
            /** Url */
            url: string;
            /** Detail */
            detail: string;
        };
        /**
         * InputImageIn
         * @description An image: an ``https:`` address the vendor fetches, or the image itself as ``data:image/…``.
         */
        InputImageIn: {
            /**
             * Type
             * @constant
             */
            type: "input_image";
            /** Image Url */
            image_url: string;
            /**
             * Detail
             * @default null
             */
            detail?: ("auto" | "low" | "high") | null;
        };
        /**
         * ItemListView
         * @description A page of items.
         */
        ItemListView: {
            /**
             * Object
             * @constant
             */
            object: "list";
            /** Data */
            data: components["schemas"]["ItemView"][];
            /** First Id */
            first_id: string;
            /** Last Id */
            last_id: string;
            /** Has More */
            has_more: boolean;
        };
        /**
         * ItemView
         * @description An item; what else it has depends on its type.
         */
        ItemView: {
            /** Id */
            id: string;
            /** Type */
            type: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * ItemsBody
         * @description Items to add to the end.
         */
        ItemsBody: {
            /** Items */
            items: (components["schemas"]["MessageItemIn"] | components["schemas"]["FunctionCallIn"] | components["schemas"]["FunctionOutputIn"] | components["schemas"]["HostedCallIn"] | components["schemas"]["ApprovalIn"] | components["schemas"]["PassedOverIn"] | components["schemas"]["UnknownIn"])[];
        };
        /**
         * JsonSchema
         * @description A JSON Schema (draft 2020-12).
         */
        JsonSchema: {
            [key: string]: unknown;
        };
        /**
         * LeaveBody
         * @description Which of the calls that wait for leave are meant; none named: all of them.
         */
        LeaveBody: {
            /**
             * Call Ids
             * @description Their ids, as `pending` tells them.
             * @default null
             */
            call_ids?: string[] | null;
            /**
             * Reason
             * @description Why; a model is told why it may not.
             * @default
             */
            reason?: string;
            /**
             * Stream
             * @description Answer with server-sent events.
             * @default false
             */
            stream?: boolean;
        };
        /**
         * LimitsView
         * @description Limits of a run; null is none.
         */
        LimitsView: {
            /** Steps */
            steps: number | null;
            /** Tokens */
            tokens: number | null;
            /** Seconds */
            seconds: number | null;
            /** Cost */
            cost: number | null;
        };
        /** AgentVersionViewList */
        AgentVersionViewList: {
            /** Data */
            data: components["schemas"]["AgentVersionView"][];
        };
        /** AgentViewList */
        AgentViewList: {
            /** Data */
            data: components["schemas"]["AgentView"][];
        };
        /** MessageViewList */
        MessageViewList: {
            /** Data */
            data: components["schemas"]["MessageView"][];
        };
        /** PanelSummaryList */
        PanelSummaryList: {
            /** Data */
            data: components["schemas"]["PanelSummary"][];
        };
        /** PluginSummaryList */
        PluginSummaryList: {
            /** Data */
            data: components["schemas"]["PluginSummary"][];
        };
        /** ToolViewList */
        ToolViewList: {
            /** Data */
            data: components["schemas"]["ToolView"][];
        };
        /**
         * Liveness
         * @description The service answers; ``storage`` says whether runs can be recorded.
         */
        Liveness: {
            /**
             * Status
             * @enum {string}
             */
            status: "ok" | "degraded";
            /** Version */
            version: string;
            storage: components["schemas"]["HealthView"];
            /** @default null */
            service?: components["schemas"]["ServiceView"] | null;
        };
        /**
         * MessageIn
         * @description One message of a conversation.
         */
        MessageIn: {
            /**
             * Role
             * @enum {string}
             */
            role: "system" | "developer" | "user" | "assistant" | "tool";
            /**
             * Content
             * @default null
             */
            content?: string | (components["schemas"]["TextIn"] | components["schemas"]["ImageIn"] | components["schemas"]["RefusalIn"])[] | null;
            /**
             * Tool Calls
             * @default null
             */
            tool_calls?: components["schemas"]["ToolCallIn"][] | null;
            /**
             * Tool Call Id
             * @default null
             */
            tool_call_id?: string | null;
            /**
             * Name
             * @default null
             */
            name?: string | null;
        };
        /**
         * MessageItemIn
         * @description A message; one of the assistant's may be given back as it came.
         */
        MessageItemIn: {
            /**
             * Type
             * @default message
             * @constant
             */
            type?: "message";
            /**
             * Id
             * @default null
             */
            id?: string | null;
            /**
             * Role
             * @enum {string}
             */
            role: "user" | "assistant" | "system" | "developer";
            /** Content */
            content: string | (components["schemas"]["TextIn"] | components["schemas"]["InputImageIn"] | components["schemas"]["RefusalIn"])[];
        };
        /**
         * MessageView
         * @description A message of a conversation.
         */
        MessageView: {
            /**
             * Role
             * @enum {string}
             */
            role: "system" | "user" | "assistant" | "tool";
            /** Content */
            content: string | (components["schemas"]["TextPartView"] | components["schemas"]["ImagePartView"])[];
            /**
             * Tool Calls
             * @default null
             */
            tool_calls?: components["schemas"]["ToolCallView"][] | null;
            /**
             * Tool Call Id
             * @default null
             */
            tool_call_id?: string | null;
            /**
             * Name
             * @default null
             */
            name?: string | null;
        };
        /**
         * MessagesBody
         * @description Messages to add to the end.
         */
        MessagesBody: {
            /** Messages */
            messages: components["schemas"]["MessageIn"][];
        };
        /**
         * MetadataBody
         * @description New metadata, in place of the old.
         */
        MetadataBody: {
            /** Metadata */
            metadata: {
                [key: string]: string;
            } | null;
        };
        /**
         * ModelList
         * @description Everything ``model`` may name.
         */
        ModelList: {
            /**
             * Object
             * @constant
             */
            object: "list";
            /** Data */
            data: components["schemas"]["ModelView"][];
        };
        /**
         * ModelView
         * @description A model, or an agent that can be used as one (OpenAI API reference, "The model object").
         *
         *     ``kind`` and ``targets``, the models that an alias or route stands for, are the host's own.
         */
        ModelView: {
            /** Id */
            id: string;
            /**
             * Object
             * @constant
             */
            object: "model";
            /** Created */
            created: number;
            /** Owned By */
            owned_by: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "agent" | "alias" | "route" | "model";
            /**
             * Targets
             * @default null
             */
            targets?: string[] | null;
        };
        /**
         * NamedFunction
         * @description A function by name.
         */
        NamedFunction: {
            /** Name */
            name: string;
        };
        /**
         * NamedTool
         * @description The tool that must be called.
         */
        NamedTool: {
            /**
             * Type
             * @constant
             */
            type: "function";
            function: components["schemas"]["NamedFunction"];
        };
        /**
         * NamedToolIn
         * @description The function that must be called.
         */
        NamedToolIn: {
            /**
             * Type
             * @constant
             */
            type: "function";
            /** Name */
            name: string;
        };
        /**
         * OpenAIError
         * @description An error as OpenAI's clients expect it.
         */
        OpenAIError: {
            error: components["schemas"]["OpenAIErrorDetail"];
        };
        /**
         * OpenAIErrorDetail
         * @description What went wrong, in OpenAI's words.
         */
        OpenAIErrorDetail: {
            /** Message */
            message: string;
            /** Type */
            type: string;
            /** Param */
            param: string | null;
            /** Code */
            code: string | null;
        };
        /**
         * OpenAIUsage
         * @description Tokens in OpenAI's words.
         */
        OpenAIUsage: {
            /** Prompt Tokens */
            prompt_tokens: number;
            /**
             * Completion Tokens
             * @default null
             */
            completion_tokens?: number | null;
            /** Total Tokens */
            total_tokens: number;
        };
        /** EventViewPage */
        EventViewPage: {
            /** Data */
            data: components["schemas"]["RunEvent"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
        };
        /** MessageViewPage */
        MessageViewPage: {
            /** Data */
            data: components["schemas"]["MessageView"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
        };
        /** RunSummaryPage */
        RunSummaryPage: {
            /** Data */
            data: components["schemas"]["RunSummary"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
        };
        /** SpendingViewPage */
        SpendingViewPage: {
            /** Data */
            data: components["schemas"]["SpendingView"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
        };
        /** ThreadViewPage */
        ThreadViewPage: {
            /** Data */
            data: components["schemas"]["ThreadView"][];
            /** Has More */
            has_more: boolean;
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * PanelBlockView
         * @description A piece of a panel.
         */
        PanelBlockView: {
            /**
             * Kind
             * @enum {string}
             */
            kind: "markdown" | "metric" | "table" | "json";
            /** Title */
            title: string;
            /** Value */
            value: unknown;
            /** Columns */
            columns: string[];
            /** Rows */
            rows: unknown[][];
        };
        /**
         * PanelSummary
         * @description A panel.
         */
        PanelSummary: {
            /** Id */
            id: string;
            /** Plugin */
            plugin: string;
            /** Title */
            title: string;
            /** Description */
            description: string;
        };
        /**
         * PanelViewShape
         * @description What a panel shows now; ask again after ``refresh`` seconds.
         */
        PanelViewShape: {
            /** Title */
            title: string;
            /** Blocks */
            blocks: components["schemas"]["PanelBlockView"][];
            /** Refresh */
            refresh: number | null;
        };
        /**
         * PassedOverIn
         * @description What says nothing to the next model: reasoning, and requests for leave, given back as they came.
         */
        PassedOverIn: {
            /**
             * Type
             * @enum {string}
             */
            type: "reasoning" | "mcp_approval_request";
        };
        /**
         * PendingView
         * @description What a suspended run waits for.
         */
        PendingView: {
            /** Call Id */
            call_id: string;
            /** Tool */
            tool: string;
            /** Arguments */
            arguments: {
                [key: string]: unknown;
            };
            /**
             * Kind
             * @enum {string}
             */
            kind: "approval" | "question";
            /** Question */
            question: string;
        };
        /**
         * PermissionsView
         * @description What a plugin asks for, what its owner grants, and what holds: both.
         */
        PermissionsView: {
            /** Requested */
            requested: {
                [key: string]: unknown;
            };
            /** Granted */
            granted: {
                [key: string]: unknown;
            };
            /** Effective */
            effective: {
                [key: string]: unknown;
            };
            /** Missing */
            missing: {
                [key: string]: unknown;
            };
        };
        /**
         * PluginHealth
         * @description How a plugin stands, and what it says of itself: null if it says nothing.
         */
        PluginHealth: {
            /** Name */
            name: string;
            /**
             * State
             * @enum {string}
             */
            state: "enabled" | "disabled" | "broken";
            /** Failures */
            failures: number;
            /**
             * Circuit
             * @default null
             */
            circuit?: string | null;
            /**
             * Reason
             * @default null
             */
            reason?: string | null;
            health: components["schemas"]["HealthView"] | null;
        };
        /**
         * PluginPermissions
         * @description What a plugin asks for, is granted, and may do, each thing it asks for in plain words, the riskiest first.
         *
         *     What a plugin of the runtime ``python`` asks for binds well-meaning code alone: it runs in the host's process.
         */
        PluginPermissions: {
            /** Requested */
            requested: {
                [key: string]: unknown;
            };
            /** Granted */
            granted: {
                [key: string]: unknown;
            };
            /** Effective */
            effective: {
                [key: string]: unknown;
            };
            /** Missing */
            missing: {
                [key: string]: unknown;
            };
            /** Name */
            name: string;
            /** Runtime */
            runtime: string;
            /** Rights */
            rights: components["schemas"]["RightView"][];
        };
        /**
         * PluginSummary
         * @description A plugin and how it stands.
         */
        PluginSummary: {
            /** Name */
            name: string;
            /** Version */
            version: string;
            /**
             * State
             * @enum {string}
             */
            state: "enabled" | "disabled" | "broken";
            /** Runtime */
            runtime: string;
            /** Distribution */
            distribution: string;
            /** Built In */
            built_in: boolean;
            /** Description */
            description: string;
            /** Contributes */
            contributes: {
                [key: string]: string[];
            };
            /** Failures */
            failures: number;
            /**
             * Circuit
             * @default null
             */
            circuit?: string | null;
            /**
             * Reason
             * @default null
             */
            reason?: string | null;
            /**
             * Delivered
             * @default null
             */
            delivered?: string | null;
        };
        /**
         * PluginView
         * @description A plugin with all it contributes and may do.
         *
         *     ``health`` is its own word, if it has one; ``sandbox`` what a plugin of the runtime ``wasm`` may use and has used
         *     since it was loaded: tier, limits, calls, failures, processor seconds, host calls, denials, live instances.
         */
        PluginView: {
            /** Name */
            name: string;
            /** Version */
            version: string;
            /**
             * State
             * @enum {string}
             */
            state: "enabled" | "disabled" | "broken";
            /** Runtime */
            runtime: string;
            /** Distribution */
            distribution: string;
            /** Built In */
            built_in: boolean;
            /** Description */
            description: string;
            /** Contributes */
            contributes: {
                [key: string]: string[];
            };
            /** Failures */
            failures: number;
            /**
             * Circuit
             * @default null
             */
            circuit?: string | null;
            /**
             * Reason
             * @default null
             */
            reason?: string | null;
            /**
             * Delivered
             * @default null
             */
            delivered?: string | null;
            /** Contributions */
            contributions: {
                [key: string]: components["schemas"]["ContributionView"][];
            };
            permissions: components["schemas"]["PermissionsView"];
            health: components["schemas"]["HealthView"] | null;
            /**
             * Sandbox
             * @default null
             */
            sandbox?: {
                [key: string]: unknown;
            } | null;
            /** @default null */
            siblings?: components["schemas"]["SiblingsView"] | null;
        };
        /**
         * Pointer
         * @description Where to go from here.
         */
        Pointer: {
            /** Name */
            name: string;
            /** Version */
            version: string;
            /** Openapi */
            openapi: string;
            /** Asyncapi */
            asyncapi: string;
            /** Docs */
            docs: string;
            /** Health */
            health: string;
        };
        /**
         * Problem
         * @description An error (RFC 9457). ``code`` is stable; ``hint`` says what to do next.
         */
        Problem: {
            /** Type */
            type: string;
            /** Title */
            title: string;
            /** Status */
            status: number;
            /** Detail */
            detail: string;
            /** Code */
            code: string;
            /**
             * Hint
             * @default null
             */
            hint?: string | null;
            /**
             * Errors
             * @default null
             */
            errors?: components["schemas"]["FieldError"][] | null;
            /**
             * Request Id
             * @default null
             */
            request_id?: string | null;
            /**
             * Run Id
             * @default null
             */
            run_id?: string | null;
        };
        /**
         * ReasoningIn
         * @description How long a model is to think. ``summary`` is passed over: models of this host tell none.
         */
        ReasoningIn: {
            /**
             * Effort
             * @default null
             */
            effort?: string | null;
            /**
             * Summary
             * @default null
             */
            summary?: string | null;
        };
        /**
         * RefusalIn
         * @description What the assistant said instead of an answer.
         */
        RefusalIn: {
            /**
             * Type
             * @constant
             */
            type: "refusal";
            /** Refusal */
            refusal: string;
        };
        /**
         * ResponseBody
         * @description A response's request. What is not listed is refused by its name.
         */
        ResponseBody: {
            /**
             * Model
             * @description An agent, an alias, or `<provider>/<model>`.
             */
            model: string;
            /**
             * Input
             * @description Text, or items.
             */
            input: string | (components["schemas"]["MessageItemIn"] | components["schemas"]["FunctionCallIn"] | components["schemas"]["FunctionOutputIn"] | components["schemas"]["HostedCallIn"] | components["schemas"]["ApprovalIn"] | components["schemas"]["PassedOverIn"] | components["schemas"]["UnknownIn"])[];
            /**
             * Instructions
             * @description For this response only.
             * @default null
             */
            instructions?: string | null;
            /**
             * Previous Response Id
             * @description The stored response to continue.
             * @default null
             */
            previous_response_id?: string | null;
            /**
             * Conversation
             * @description The conversation (a thread) to continue.
             * @default null
             */
            conversation?: (string | components["schemas"]["ConversationIn"]) | null;
            /**
             * Store
             * @description Keep the response for 30 days, to be read and continued: the default.
             * @default null
             */
            store?: boolean | null;
            /**
             * Stream
             * @default null
             */
            stream?: boolean | null;
            /**
             * @description Passed over: nothing is obfuscated.
             * @default null
             */
            stream_options?: components["schemas"]["StreamOptionsIn"] | null;
            /**
             * Background
             * @description Answer at once and work on. Agents only, and not with `stream`.
             * @default null
             */
            background?: boolean | null;
            /**
             * Tools
             * @description Functions of the client's. Not for agents, which call their own.
             * @default null
             */
            tools?: components["schemas"]["FunctionToolIn"][] | null;
            /**
             * Tool Choice
             * @description Not for agents.
             * @default null
             */
            tool_choice?: (("auto" | "none" | "required") | components["schemas"]["NamedToolIn"] | components["schemas"]["AllowedToolsIn"]) | null;
            /**
             * Parallel Tool Calls
             * @description Passed to the model's vendor. Not for agents.
             * @default null
             */
            parallel_tool_calls?: boolean | null;
            /** @default null */
            text?: components["schemas"]["TextSettingsIn"] | null;
            /**
             * Max Output Tokens
             * @description Not for agents.
             * @default null
             */
            max_output_tokens?: number | null;
            /**
             * Temperature
             * @description Not for agents.
             * @default null
             */
            temperature?: number | null;
            /**
             * Top P
             * @description Not for agents.
             * @default null
             */
            top_p?: number | null;
            /**
             * @description `effort` is passed to the model's vendor. Not for agents.
             * @default null
             */
            reasoning?: components["schemas"]["ReasoningIn"] | null;
            /**
             * Truncation
             * @default null
             */
            truncation?: "disabled" | null;
            /**
             * Top Logprobs
             * @default null
             */
            top_logprobs?: 0 | null;
            /**
             * Include
             * @description Passed over: images are always told, and there is none of the rest.
             * @default null
             */
            include?: ("code_interpreter_call.outputs" | "computer_call_output.output.image_url" | "file_search_call.results" | "message.input_image.image_url" | "reasoning.encrypted_content" | "web_search_call.action.sources" | "web_search_call.results")[] | null;
            /**
             * Metadata
             * @default null
             */
            metadata?: {
                [key: string]: string;
            } | null;
            /**
             * User
             * @description Passed to the model's vendor.
             * @default null
             */
            user?: string | null;
            /**
             * Safety Identifier
             * @description Passed to the model's vendor.
             * @default null
             */
            safety_identifier?: string | null;
            /**
             * Prompt Cache Key
             * @description Passed to the model's vendor.
             * @default null
             */
            prompt_cache_key?: string | null;
            /**
             * Prompt Cache Retention
             * @description Passed over.
             * @default null
             */
            prompt_cache_retention?: string | null;
            /**
             * Service Tier
             * @description Passed to the model's vendor.
             * @default null
             */
            service_tier?: string | null;
        };
        /**
         * ResponseView
         * @description A response (OpenAI API reference, "The Response object"). What the request said is repeated beside this.
         */
        ResponseView: {
            /** Id */
            id: string;
            /**
             * Object
             * @constant
             */
            object: "response";
            /** Created At */
            created_at: number;
            /**
             * Status
             * @enum {string}
             */
            status: "completed" | "failed" | "in_progress" | "cancelled" | "incomplete";
            /** Model */
            model: string;
            /** Output */
            output: {
                [key: string]: unknown;
            }[];
            /** Error */
            error: {
                [key: string]: unknown;
            } | null;
            /** Incomplete Details */
            incomplete_details: {
                [key: string]: unknown;
            } | null;
            /** Usage */
            usage: {
                [key: string]: unknown;
            } | null;
            /** Previous Response Id */
            previous_response_id: string | null;
            /** Conversation */
            conversation: {
                [key: string]: unknown;
            } | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * ResumeBody
         * @description Decisions by call id.
         */
        ResumeBody: {
            /** Decisions */
            decisions: {
                [key: string]: components["schemas"]["DecisionIn"];
            };
            /**
             * Stream
             * @default false
             */
            stream?: boolean;
        };
        /**
         * RightView
         * @description One thing that a plugin may do or asks for: the rule, in plain words, and its risk.
         */
        RightView: {
            /** Kind */
            kind: string;
            /** Rule */
            rule: string;
            /** Words */
            words: string;
            /**
             * Risk
             * @enum {string}
             */
            risk: "low" | "medium" | "high";
            /** Granted */
            granted: boolean;
        };
        /**
         * RunBody
         * @description What is asked of an agent.
         */
        RunBody: {
            /**
             * Input
             * @description Text, or messages in the shape of chat completions.
             */
            input: string | components["schemas"]["MessageIn"][];
            /**
             * Thread Id
             * @description The conversation to continue; it is made when it is new.
             * @default null
             */
            thread_id?: string | null;
            /**
             * Output Schema
             * @description JSON Schema the answer must satisfy.
             * @default null
             */
            output_schema?: {
                [key: string]: unknown;
            } | null;
            /**
             * @description Narrower limits for this run.
             * @default null
             */
            limits?: components["schemas"]["RunLimits"] | null;
            /**
             * Metadata
             * @description Anything; it is kept with the run.
             */
            metadata?: {
                [key: string]: unknown;
            };
            /**
             * Stream
             * @description Answer with server-sent events. `Accept: text/event-stream` does the same.
             * @default false
             */
            stream?: boolean;
        };
        /**
         * RunLimits
         * @description Narrower limits, for the runs of one agent or for one run: they never widen the host's.
         */
        RunLimits: {
            /**
             * Steps
             * @description Model calls a run.
             * @default null
             */
            steps?: number | null;
            /**
             * Tokens
             * @description Tokens in and out a run.
             * @default null
             */
            tokens?: number | null;
            /**
             * Seconds
             * @description Seconds of wall time a run.
             * @default null
             */
            seconds?: number | null;
            /**
             * Cost
             * @description US dollars a run.
             * @default null
             */
            cost?: number | null;
        };
        /**
         * RunResultView
         * @description How a run stands when it stops.
         */
        RunResultView: {
            /** Run Id */
            run_id: string;
            /** Agent */
            agent: string;
            /**
             * Status
             * @enum {string}
             */
            status: "running" | "suspended" | "completed" | "failed" | "cancelled" | "interrupted";
            /** Text */
            text: string;
            usage: components["schemas"]["UsageView"];
            /** Steps */
            steps: number;
            /** Messages */
            messages: components["schemas"]["MessageView"][];
            /**
             * Thread Id
             * @default null
             */
            thread_id?: string | null;
            /**
             * Output
             * @default null
             */
            output?: unknown;
            /**
             * Pending
             * @default null
             */
            pending?: components["schemas"]["PendingView"][] | null;
        };
        /**
         * RunSummary
         * @description A run, as lists show it. Times are seconds since the epoch.
         */
        RunSummary: {
            /** Id */
            id: string;
            /** Agent */
            agent: string;
            /**
             * Status
             * @enum {string}
             */
            status: "running" | "suspended" | "completed" | "failed" | "cancelled" | "interrupted";
            /** Owner */
            owner: string;
            /** Thread Id */
            thread_id: string | null;
            /** Created At */
            created_at: number;
            /** Updated At */
            updated_at: number;
            /** Steps */
            steps: number;
            usage: components["schemas"]["UsageView"];
            /** Pending */
            pending: components["schemas"]["PendingView"][];
            /** Text */
            text: string;
            error: components["schemas"]["ErrorView"] | null;
            /** Metadata */
            metadata: {
                [key: string]: unknown;
            };
        };
        /**
         * RunView
         * @description A run with its messages.
         */
        RunView: {
            /** Id */
            id: string;
            /** Agent */
            agent: string;
            /**
             * Status
             * @enum {string}
             */
            status: "running" | "suspended" | "completed" | "failed" | "cancelled" | "interrupted";
            /** Owner */
            owner: string;
            /** Thread Id */
            thread_id: string | null;
            /** Created At */
            created_at: number;
            /** Updated At */
            updated_at: number;
            /** Steps */
            steps: number;
            usage: components["schemas"]["UsageView"];
            /** Pending */
            pending: components["schemas"]["PendingView"][];
            /** Text */
            text: string;
            error: components["schemas"]["ErrorView"] | null;
            /** Metadata */
            metadata: {
                [key: string]: unknown;
            };
            /** Messages */
            messages: components["schemas"]["MessageView"][];
        };
        /**
         * SchemaIn
         * @description A JSON Schema and its name.
         */
        SchemaIn: {
            /**
             * Name
             * @default output
             */
            name?: string;
            /**
             * Schema
             * @default null
             */
            schema?: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * ServiceView
         * @description The processes of the service: those that answer, the runs they have under way, and those that do not answer.
         */
        ServiceView: {
            /** Processes */
            processes: number;
            /** Runs */
            runs: number;
            /** Silent */
            silent: number;
        };
        /**
         * SiblingFailure
         * @description A process of the service that could not follow a change.
         */
        SiblingFailure: {
            /** Process */
            process: number;
            /** Code */
            code: string;
            /** Detail */
            detail: string;
        };
        /**
         * SiblingsView
         * @description What came of a change in the other processes of the service; left out where there are none.
         */
        SiblingsView: {
            /** Asked */
            asked: number;
            /** Failed */
            failed: components["schemas"]["SiblingFailure"][];
        };
        /**
         * SpecDocument
         * @description A document that describes the service.
         */
        SpecDocument: {
            [key: string]: unknown;
        };
        /**
         * SpendingView
         * @description What a caller spent on models. ``caller`` is the credential it shows, or ``<tenant>/<id>``.
         */
        SpendingView: {
            /** Caller */
            caller: string;
            periods: components["schemas"]["SpentByPeriod"];
            budget: components["schemas"]["BudgetView"] | null;
        };
        /**
         * SpentByPeriod
         * @description What was spent today, this month, and ever.
         */
        SpentByPeriod: {
            day: components["schemas"]["SpentView"];
            month: components["schemas"]["SpentView"];
            total: components["schemas"]["SpentView"];
        };
        /**
         * SpentView
         * @description What was spent in a period (UTC): a day, a month, or ever.
         */
        SpentView: {
            /** Period */
            period: string;
            /** Calls */
            calls: number;
            /** Tokens */
            tokens: number;
            /** Cost */
            cost: number;
        };
        /**
         * StreamOptions
         * @description How to stream.
         */
        StreamOptions: {
            /**
             * Include Usage
             * @default false
             */
            include_usage?: boolean;
        };
        /**
         * StreamOptionsIn
         * @description How to stream. Nothing is obfuscated here, whatever ``include_obfuscation`` says.
         */
        StreamOptionsIn: {
            /**
             * Include Obfuscation
             * @default null
             */
            include_obfuscation?: boolean | null;
        };
        /**
         * TextFormatIn
         * @description Text, any JSON object, or JSON that satisfies a schema.
         */
        TextFormatIn: {
            /**
             * Type
             * @default text
             * @enum {string}
             */
            type?: "text" | "json_object" | "json_schema";
            /**
             * Name
             * @default output
             */
            name?: string;
            /**
             * Description
             * @default null
             */
            description?: string | null;
            /**
             * Schema
             * @default null
             */
            schema?: {
                [key: string]: unknown;
            } | null;
            /**
             * Strict
             * @default null
             */
            strict?: boolean | null;
        };
        /**
         * TextIn
         * @description A piece of text.
         */
        TextIn: {
            /**
             * Type
             * @enum {string}
             */
            type: "text" | "input_text" | "output_text";
            /** Text */
            text: string;
        };
        /**
         * TextPartView
         * @description A piece of text.
         */
        TextPartView: {
            /**
             * Type
             * @constant
             */
            type: "text";
            /** Text */
            text: string;
        };
        /**
         * TextSettingsIn
         * @description How the answer's text is to be.
         */
        TextSettingsIn: {
            format?: components["schemas"]["TextFormatIn"];
            /**
             * Verbosity
             * @default null
             */
            verbosity?: ("low" | "medium" | "high") | null;
        };
        /**
         * ThreadBody
         * @description A new conversation.
         */
        ThreadBody: {
            /**
             * Id
             * @description Its name, of your choosing; made up where it is left out.
             * @default null
             */
            id?: string | null;
            /**
             * Title
             * @description What lists show.
             * @default
             */
            title?: string;
            /**
             * Metadata
             * @description Up to 16 texts by name.
             */
            metadata?: {
                [key: string]: string;
            };
        };
        /**
         * ThreadChange
         * @description What is to change; what is left out stays.
         */
        ThreadChange: {
            /**
             * Title
             * @description What lists show.
             * @default null
             */
            title?: string | null;
            /**
             * Metadata
             * @description New metadata, in place of the old.
             * @default null
             */
            metadata?: {
                [key: string]: string;
            } | null;
        };
        /**
         * ThreadView
         * @description A conversation.
         */
        ThreadView: {
            /** Id */
            id: string;
            /** Owner */
            owner: string;
            /** Title */
            title: string;
            /** Created At */
            created_at: number;
            /** Updated At */
            updated_at: number;
            /** Metadata */
            metadata: {
                [key: string]: unknown;
            };
        };
        /**
         * ToolCallBody
         * @description The arguments, as the tool's ``input_schema`` wants them.
         */
        ToolCallBody: {
            /**
             * Arguments
             * @description Arguments by name.
             * @default {}
             */
            arguments?: {
                [key: string]: unknown;
            };
        };
        /**
         * ToolCallIn
         * @description A call the assistant made.
         */
        ToolCallIn: {
            /** Id */
            id: string;
            /**
             * Type
             * @default function
             * @constant
             */
            type?: "function";
            function: components["schemas"]["FunctionIn"];
        };
        /**
         * ToolCallView
         * @description A call the assistant made.
         */
        ToolCallView: {
            /** Id */
            id: string;
            /**
             * Type
             * @constant
             */
            type: "function";
            function: components["schemas"]["FunctionCallView"];
        };
        /**
         * ToolIn
         * @description A tool the client offers, and will call itself.
         */
        ToolIn: {
            /**
             * Type
             * @constant
             */
            type: "function";
            function: components["schemas"]["FunctionSpecIn"];
        };
        /**
         * ToolResult
         * @description What a tool returned.
         */
        ToolResult: {
            /** Result */
            result: unknown;
        };
        /**
         * ToolView
         * @description A tool and the plugin it comes from.
         */
        ToolView: {
            /** Id */
            id: string;
            /** Plugin */
            plugin: string;
            /** Description */
            description: string;
            input_schema: components["schemas"]["JsonSchema"];
            /** @default null */
            output_schema?: components["schemas"]["JsonSchema"] | null;
            /**
             * Approval
             * @enum {string}
             */
            approval: "never" | "always";
            /** Side Effects */
            side_effects: boolean;
            /**
             * Timeout
             * @default null
             */
            timeout?: number | null;
            /** @default null */
            error?: components["schemas"]["ErrorView"] | null;
        };
        /**
         * UnknownIn
         * @description An item of a kind that is not taken.
         */
        UnknownIn: {
            /** Type */
            type: string;
        };
        /**
         * UsageView
         * @description Tokens, and US dollars where a price is known.
         */
        UsageView: {
            /** Input Tokens */
            input_tokens: number;
            /** Output Tokens */
            output_tokens: number;
            /** Cached Tokens */
            cached_tokens: number;
            /**
             * Cost
             * @default null
             */
            cost?: number | null;
        };
        /**
         * RunStarted
         * @description An agent took up a request.
         */
        RunStarted: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "run.started";
            /** Run Id */
            run_id: string;
            /** Seq */
            seq: number;
            /** At */
            at: number;
            /** Agent */
            agent: string;
            /** Thread Id */
            thread_id: string | null;
            /** Input */
            input: string;
        };
        /**
         * RunResumed
         * @description A suspended run goes on.
         */
        RunResumed: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "run.resumed";
            /** Run Id */
            run_id: string;
            /** Seq */
            seq: number;
            /** At */
            at: number;
            /** Agent */
            agent: string;
        };
        /**
         * RunHandedOver
         * @description The conversation is the agent ``to``'s from here on; ``agent`` had it.
         */
        RunHandedOver: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "run.handed_over";
            /** Run Id */
            run_id: string;
            /** Seq */
            seq: number;
            /** At */
            at: number;
            /** Agent */
            agent: string;
            /** To */
            to: string;
        };
        /**
         * RunSuspended
         * @description A run waits for a person.
         */
        RunSuspended: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "run.suspended";
            /** Run Id */
            run_id: string;
            /** Seq */
            seq: number;
            /** At */
            at: number;
            /** Agent */
            agent: string;
            /** Pending */
            pending: components["schemas"]["PendingView"][];
        };
        /**
         * RunCompleted
         * @description A run has its answer. ``duration`` in seconds.
         */
        RunCompleted: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "run.completed";
            /** Run Id */
            run_id: string;
            /** Seq */
            seq: number;
            /** At */
            at: number;
            /** Agent */
            agent: string;
            /** Text */
            text: string;
            usage: components["schemas"]["UsageView"];
            /** Steps */
            steps: number;
            /** Duration */
            duration: number;
        };
        /**
         * RunFailed
         * @description A run ended without an answer; ``error`` is ``{code, message, hint?, plugin?}``.
         */
        RunFailed: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "run.failed";
            /** Run Id */
            run_id: string;
            /** Seq */
            seq: number;
            /** At */
            at: number;
            /** Agent */
            agent: string;
            /** Error */
            error: {
                [key: string]: unknown;
            };
            /** Duration */
            duration: number;
        };
        /**
         * RunCancelled
         * @description A run was cancelled.
         */
        RunCancelled: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "run.cancelled";
            /** Run Id */
            run_id: string;
            /** Seq */
            seq: number;
            /** At */
            at: number;
            /** Agent */
            agent: string;
            /** Duration */
            duration: number;
        };
        /**
         * ModelStarted
         * @description A model is being called; ``model`` is the full reference, ``step`` counts model calls from 1.
         */
        ModelStarted: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "model.started";
            /** Run Id */
            run_id: string;
            /** Seq */
            seq: number;
            /** At */
            at: number;
            /** Model */
            model: string;
            /** Step */
            step: number;
        };
        /**
         * ModelDelta
         * @description A piece of streamed text. Goes to those who follow the run, not to hooks, monitors or storage.
         */
        ModelDelta: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "model.delta";
            /** Run Id */
            run_id: string;
            /** Seq */
            seq: number;
            /** At */
            at: number;
            /** Text */
            text: string;
        };
        /**
         * ModelCompleted
         * @description A model answered; ``text`` may be empty when it called ``tool_calls`` tools. ``duration`` in seconds.
         */
        ModelCompleted: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "model.completed";
            /** Run Id */
            run_id: string;
            /** Seq */
            seq: number;
            /** At */
            at: number;
            /** Model */
            model: string;
            /** Step */
            step: number;
            /** Text */
            text: string;
            /** Tool Calls */
            tool_calls: number;
            /**
             * Finish Reason
             * @enum {string}
             */
            finish_reason: "stop" | "length" | "tool_calls" | "content_filter" | "error";
            usage: components["schemas"]["UsageView"];
            /** Duration */
            duration: number;
        };
        /**
         * ModelRetried
         * @description A model call failed, with ``error`` as a failed run's, and is tried again after ``delay`` seconds.
         */
        ModelRetried: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "model.retried";
            /** Run Id */
            run_id: string;
            /** Seq */
            seq: number;
            /** At */
            at: number;
            /** Model */
            model: string;
            /** Attempt */
            attempt: number;
            /** Delay */
            delay: number;
            /** Error */
            error: {
                [key: string]: unknown;
            };
        };
        /**
         * ModelFellBack
         * @description A model is given up, with ``error`` as a failed run's, for the next one of the agent's list.
         */
        ModelFellBack: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "model.fell_back";
            /** Run Id */
            run_id: string;
            /** Seq */
            seq: number;
            /** At */
            at: number;
            /** Model */
            model: string;
            /** To */
            to: string;
            /** Error */
            error: {
                [key: string]: unknown;
            };
        };
        /**
         * ToolCalled
         * @description A tool is about to be called with ``arguments`` (JSON text as the model wrote it).
         */
        ToolCalled: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "tool.call";
            /** Run Id */
            run_id: string;
            /** Seq */
            seq: number;
            /** At */
            at: number;
            /** Call Id */
            call_id: string;
            /** Tool */
            tool: string;
            /** Arguments */
            arguments: string;
        };
        /**
         * ToolReturned
         * @description A tool answered; ``error`` tells whether ``content`` is an error message. ``duration`` in seconds.
         */
        ToolReturned: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "tool.result";
            /** Run Id */
            run_id: string;
            /** Seq */
            seq: number;
            /** At */
            at: number;
            /** Call Id */
            call_id: string;
            /** Tool */
            tool: string;
            /** Content */
            content: string;
            /** Error */
            error: boolean;
            /** Duration */
            duration: number;
        };
        /** @description An event of a run. A later version may send types that are not here: pass over them. */
        RunEvent: components["schemas"]["RunStarted"] | components["schemas"]["RunResumed"] | components["schemas"]["RunHandedOver"] | components["schemas"]["RunSuspended"] | components["schemas"]["RunCompleted"] | components["schemas"]["RunFailed"] | components["schemas"]["RunCancelled"] | components["schemas"]["ModelStarted"] | components["schemas"]["ModelDelta"] | components["schemas"]["ModelCompleted"] | components["schemas"]["ModelRetried"] | components["schemas"]["ModelFellBack"] | components["schemas"]["ToolCalled"] | components["schemas"]["ToolReturned"];
    };
    responses: {
        /** @description Bad Request */
        OpenAIError400: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "message": "what was wrong, in words",
                 *         "type": "not_found_error",
                 *         "param": null,
                 *         "code": "bad_request"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description Unauthorized */
        OpenAIError401: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "message": "what was wrong, in words",
                 *         "type": "not_found_error",
                 *         "param": null,
                 *         "code": "unauthenticated"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description Forbidden */
        OpenAIError403: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "message": "what was wrong, in words",
                 *         "type": "not_found_error",
                 *         "param": null,
                 *         "code": "blocked"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description Not Found */
        OpenAIError404: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "message": "what was wrong, in words",
                 *         "type": "not_found_error",
                 *         "param": null,
                 *         "code": "not_found"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description Request Timeout */
        OpenAIError408: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "message": "what was wrong, in words",
                 *         "type": "not_found_error",
                 *         "param": null,
                 *         "code": "request_timeout"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description Conflict */
        OpenAIError409: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "message": "what was wrong, in words",
                 *         "type": "not_found_error",
                 *         "param": null,
                 *         "code": "answer_not_kept"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description Content Too Large */
        OpenAIError413: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "message": "what was wrong, in words",
                 *         "type": "not_found_error",
                 *         "param": null,
                 *         "code": "body_too_large"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description Unsupported Media Type */
        OpenAIError415: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "message": "what was wrong, in words",
                 *         "type": "not_found_error",
                 *         "param": null,
                 *         "code": "unsupported_media_type"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description Too Many Requests */
        OpenAIError429: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "message": "what was wrong, in words",
                 *         "type": "not_found_error",
                 *         "param": null,
                 *         "code": "budget_exceeded"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description Request Header Fields Too Large */
        OpenAIError431: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "message": "what was wrong, in words",
                 *         "type": "not_found_error",
                 *         "param": null,
                 *         "code": "head_too_large"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description Internal Server Error */
        OpenAIError500: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "message": "what was wrong, in words",
                 *         "type": "not_found_error",
                 *         "param": null,
                 *         "code": "error"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description Not Implemented */
        OpenAIError501: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "message": "what was wrong, in words",
                 *         "type": "not_found_error",
                 *         "param": null,
                 *         "code": "idempotency_unavailable"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description Bad Gateway */
        OpenAIError502: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "message": "what was wrong, in words",
                 *         "type": "not_found_error",
                 *         "param": null,
                 *         "code": "model_auth"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description Service Unavailable */
        OpenAIError503: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "message": "what was wrong, in words",
                 *         "type": "not_found_error",
                 *         "param": null,
                 *         "code": "auth_unavailable"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description Gateway Timeout */
        OpenAIError504: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "error": {
                 *         "message": "what was wrong, in words",
                 *         "type": "not_found_error",
                 *         "param": null,
                 *         "code": "plugin_timeout"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description Bad Request */
        Problem400: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:bad_request",
                 *       "title": "Bad Request",
                 *       "status": 400,
                 *       "detail": "what was wrong, in words",
                 *       "code": "bad_request",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unauthorized */
        Problem401: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:unauthenticated",
                 *       "title": "Unauthorized",
                 *       "status": 401,
                 *       "detail": "what was wrong, in words",
                 *       "code": "unauthenticated",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Forbidden */
        Problem403: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:blocked",
                 *       "title": "Forbidden",
                 *       "status": 403,
                 *       "detail": "what was wrong, in words",
                 *       "code": "blocked",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not Found */
        Problem404: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:not_found",
                 *       "title": "Not Found",
                 *       "status": 404,
                 *       "detail": "what was wrong, in words",
                 *       "code": "not_found",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Request Timeout */
        Problem408: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:request_timeout",
                 *       "title": "Request Timeout",
                 *       "status": 408,
                 *       "detail": "what was wrong, in words",
                 *       "code": "request_timeout",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Conflict */
        Problem409: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:answer_not_kept",
                 *       "title": "Conflict",
                 *       "status": 409,
                 *       "detail": "what was wrong, in words",
                 *       "code": "answer_not_kept",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Precondition Failed */
        Problem412: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:precondition_failed",
                 *       "title": "Precondition Failed",
                 *       "status": 412,
                 *       "detail": "what was wrong, in words",
                 *       "code": "precondition_failed",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Content Too Large */
        Problem413: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:body_too_large",
                 *       "title": "Content Too Large",
                 *       "status": 413,
                 *       "detail": "what was wrong, in words",
                 *       "code": "body_too_large",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unsupported Media Type */
        Problem415: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:unsupported_media_type",
                 *       "title": "Unsupported Media Type",
                 *       "status": 415,
                 *       "detail": "what was wrong, in words",
                 *       "code": "unsupported_media_type",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Unprocessable Content */
        Problem422: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:idempotency_key_reused",
                 *       "title": "Unprocessable Content",
                 *       "status": 422,
                 *       "detail": "what was wrong, in words",
                 *       "code": "idempotency_key_reused",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Precondition Required */
        Problem428: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:precondition_required",
                 *       "title": "Precondition Required",
                 *       "status": 428,
                 *       "detail": "what was wrong, in words",
                 *       "code": "precondition_required",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Too Many Requests */
        Problem429: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:budget_exceeded",
                 *       "title": "Too Many Requests",
                 *       "status": 429,
                 *       "detail": "what was wrong, in words",
                 *       "code": "budget_exceeded",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Request Header Fields Too Large */
        Problem431: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:head_too_large",
                 *       "title": "Request Header Fields Too Large",
                 *       "status": 431,
                 *       "detail": "what was wrong, in words",
                 *       "code": "head_too_large",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Internal Server Error */
        Problem500: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:error",
                 *       "title": "Internal Server Error",
                 *       "status": 500,
                 *       "detail": "what was wrong, in words",
                 *       "code": "error",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not Implemented */
        Problem501: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:idempotency_unavailable",
                 *       "title": "Not Implemented",
                 *       "status": 501,
                 *       "detail": "what was wrong, in words",
                 *       "code": "idempotency_unavailable",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Bad Gateway */
        Problem502: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:model_auth",
                 *       "title": "Bad Gateway",
                 *       "status": 502,
                 *       "detail": "what was wrong, in words",
                 *       "code": "model_auth",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Service Unavailable */
        Problem503: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:auth_unavailable",
                 *       "title": "Service Unavailable",
                 *       "status": 503,
                 *       "detail": "what was wrong, in words",
                 *       "code": "auth_unavailable",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Gateway Timeout */
        Problem504: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:lumosai:problem:plugin_timeout",
                 *       "title": "Gateway Timeout",
                 *       "status": 504,
                 *       "detail": "what was wrong, in words",
                 *       "code": "plugin_timeout",
                 *       "hint": "what to do next",
                 *       "request_id": "req_6f1d0c9be2a44d17"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type AgentDetail = components['schemas']['AgentDetail'];
export type AgentTool = components['schemas']['AgentTool'];
export type AgentVersionChanges = components['schemas']['AgentVersionChanges'];
export type AgentVersionDetail = components['schemas']['AgentVersionDetail'];
export type AgentVersionDraft = components['schemas']['AgentVersionDraft'];
export type AgentVersionView = components['schemas']['AgentVersionView'];
export type AgentView = components['schemas']['AgentView'];
export type AllowedToolsIn = components['schemas']['AllowedToolsIn'];
export type ApprovalIn = components['schemas']['ApprovalIn'];
export type BudgetView = components['schemas']['BudgetView'];
export type Cancelled = components['schemas']['Cancelled'];
export type ChangeView = components['schemas']['ChangeView'];
export type ChangesView = components['schemas']['ChangesView'];
export type ChatBody = components['schemas']['ChatBody'];
export type ChatChoice = components['schemas']['ChatChoice'];
export type ChatCompletion = components['schemas']['ChatCompletion'];
export type ConfigDocument = components['schemas']['ConfigDocument'];
export type ConfigPatch = components['schemas']['ConfigPatch'];
export type ConfigView = components['schemas']['ConfigView'];
export type ContributionView = components['schemas']['ContributionView'];
export type ConversationBody = components['schemas']['ConversationBody'];
export type ConversationIn = components['schemas']['ConversationIn'];
export type ConversationView = components['schemas']['ConversationView'];
export type DecisionIn = components['schemas']['DecisionIn'];
export type DeletedView = components['schemas']['DeletedView'];
export type EffectiveAgent = components['schemas']['EffectiveAgent'];
export type EmbeddingList = components['schemas']['EmbeddingList'];
export type EmbeddingView = components['schemas']['EmbeddingView'];
export type EmbeddingsBody = components['schemas']['EmbeddingsBody'];
export type ErrorView = components['schemas']['ErrorView'];
export type FieldError = components['schemas']['FieldError'];
export type FormatIn = components['schemas']['FormatIn'];
export type FunctionCallIn = components['schemas']['FunctionCallIn'];
export type FunctionCallView = components['schemas']['FunctionCallView'];
export type FunctionIn = components['schemas']['FunctionIn'];
export type FunctionOutputIn = components['schemas']['FunctionOutputIn'];
export type FunctionSpecIn = components['schemas']['FunctionSpecIn'];
export type FunctionToolIn = components['schemas']['FunctionToolIn'];
export type HealthView = components['schemas']['HealthView'];
export type HostedCallIn = components['schemas']['HostedCallIn'];
export type ImageIn = components['schemas']['ImageIn'];
export type ImagePartView = components['schemas']['ImagePartView'];
export type ImageUrlIn = components['schemas']['ImageUrlIn'];
export type ImageUrlView = components['schemas']['ImageUrlView'];
export type InputImageIn = components['schemas']['InputImageIn'];
export type ItemListView = components['schemas']['ItemListView'];
export type ItemView = components['schemas']['ItemView'];
export type ItemsBody = components['schemas']['ItemsBody'];
export type JsonSchema = components['schemas']['JsonSchema'];
export type LeaveBody = components['schemas']['LeaveBody'];
export type LimitsView = components['schemas']['LimitsView'];
export type AgentVersionViewList = components['schemas']['AgentVersionViewList'];
export type AgentViewList = components['schemas']['AgentViewList'];
export type MessageViewList = components['schemas']['MessageViewList'];
export type PanelSummaryList = components['schemas']['PanelSummaryList'];
export type PluginSummaryList = components['schemas']['PluginSummaryList'];
export type ToolViewList = components['schemas']['ToolViewList'];
export type Liveness = components['schemas']['Liveness'];
export type MessageIn = components['schemas']['MessageIn'];
export type MessageItemIn = components['schemas']['MessageItemIn'];
export type MessageView = components['schemas']['MessageView'];
export type MessagesBody = components['schemas']['MessagesBody'];
export type MetadataBody = components['schemas']['MetadataBody'];
export type ModelList = components['schemas']['ModelList'];
export type ModelView = components['schemas']['ModelView'];
export type NamedFunction = components['schemas']['NamedFunction'];
export type NamedTool = components['schemas']['NamedTool'];
export type NamedToolIn = components['schemas']['NamedToolIn'];
export type OpenAiError = components['schemas']['OpenAIError'];
export type OpenAiErrorDetail = components['schemas']['OpenAIErrorDetail'];
export type OpenAiUsage = components['schemas']['OpenAIUsage'];
export type EventViewPage = components['schemas']['EventViewPage'];
export type MessageViewPage = components['schemas']['MessageViewPage'];
export type RunSummaryPage = components['schemas']['RunSummaryPage'];
export type SpendingViewPage = components['schemas']['SpendingViewPage'];
export type ThreadViewPage = components['schemas']['ThreadViewPage'];
export type PanelBlockView = components['schemas']['PanelBlockView'];
export type PanelSummary = components['schemas']['PanelSummary'];
export type PanelViewShape = components['schemas']['PanelViewShape'];
export type PassedOverIn = components['schemas']['PassedOverIn'];
export type PendingView = components['schemas']['PendingView'];
export type PermissionsView = components['schemas']['PermissionsView'];
export type PluginHealth = components['schemas']['PluginHealth'];
export type PluginPermissions = components['schemas']['PluginPermissions'];
export type PluginSummary = components['schemas']['PluginSummary'];
export type PluginView = components['schemas']['PluginView'];
export type Pointer = components['schemas']['Pointer'];
export type Problem = components['schemas']['Problem'];
export type ReasoningIn = components['schemas']['ReasoningIn'];
export type RefusalIn = components['schemas']['RefusalIn'];
export type ResponseBody = components['schemas']['ResponseBody'];
export type ResponseView = components['schemas']['ResponseView'];
export type ResumeBody = components['schemas']['ResumeBody'];
export type RightView = components['schemas']['RightView'];
export type RunBody = components['schemas']['RunBody'];
export type RunLimits = components['schemas']['RunLimits'];
export type RunResultView = components['schemas']['RunResultView'];
export type RunSummary = components['schemas']['RunSummary'];
export type RunView = components['schemas']['RunView'];
export type SchemaIn = components['schemas']['SchemaIn'];
export type ServiceView = components['schemas']['ServiceView'];
export type SiblingFailure = components['schemas']['SiblingFailure'];
export type SiblingsView = components['schemas']['SiblingsView'];
export type SpecDocument = components['schemas']['SpecDocument'];
export type SpendingView = components['schemas']['SpendingView'];
export type SpentByPeriod = components['schemas']['SpentByPeriod'];
export type SpentView = components['schemas']['SpentView'];
export type StreamOptions = components['schemas']['StreamOptions'];
export type StreamOptionsIn = components['schemas']['StreamOptionsIn'];
export type TextFormatIn = components['schemas']['TextFormatIn'];
export type TextIn = components['schemas']['TextIn'];
export type TextPartView = components['schemas']['TextPartView'];
export type TextSettingsIn = components['schemas']['TextSettingsIn'];
export type ThreadBody = components['schemas']['ThreadBody'];
export type ThreadChange = components['schemas']['ThreadChange'];
export type ThreadView = components['schemas']['ThreadView'];
export type ToolCallBody = components['schemas']['ToolCallBody'];
export type ToolCallIn = components['schemas']['ToolCallIn'];
export type ToolCallView = components['schemas']['ToolCallView'];
export type ToolIn = components['schemas']['ToolIn'];
export type ToolResult = components['schemas']['ToolResult'];
export type ToolView = components['schemas']['ToolView'];
export type UnknownIn = components['schemas']['UnknownIn'];
export type UsageView = components['schemas']['UsageView'];
export type RunStarted = components['schemas']['RunStarted'];
export type RunResumed = components['schemas']['RunResumed'];
export type RunHandedOver = components['schemas']['RunHandedOver'];
export type RunSuspended = components['schemas']['RunSuspended'];
export type RunCompleted = components['schemas']['RunCompleted'];
export type RunFailed = components['schemas']['RunFailed'];
export type RunCancelled = components['schemas']['RunCancelled'];
export type ModelStarted = components['schemas']['ModelStarted'];
export type ModelDelta = components['schemas']['ModelDelta'];
export type ModelCompleted = components['schemas']['ModelCompleted'];
export type ModelRetried = components['schemas']['ModelRetried'];
export type ModelFellBack = components['schemas']['ModelFellBack'];
export type ToolCalled = components['schemas']['ToolCalled'];
export type ToolReturned = components['schemas']['ToolReturned'];
export type RunEvent = components['schemas']['RunEvent'];
export type ResponseOpenAiError400 = components['responses']['OpenAIError400'];
export type ResponseOpenAiError401 = components['responses']['OpenAIError401'];
export type ResponseOpenAiError403 = components['responses']['OpenAIError403'];
export type ResponseOpenAiError404 = components['responses']['OpenAIError404'];
export type ResponseOpenAiError408 = components['responses']['OpenAIError408'];
export type ResponseOpenAiError409 = components['responses']['OpenAIError409'];
export type ResponseOpenAiError413 = components['responses']['OpenAIError413'];
export type ResponseOpenAiError415 = components['responses']['OpenAIError415'];
export type ResponseOpenAiError429 = components['responses']['OpenAIError429'];
export type ResponseOpenAiError431 = components['responses']['OpenAIError431'];
export type ResponseOpenAiError500 = components['responses']['OpenAIError500'];
export type ResponseOpenAiError501 = components['responses']['OpenAIError501'];
export type ResponseOpenAiError502 = components['responses']['OpenAIError502'];
export type ResponseOpenAiError503 = components['responses']['OpenAIError503'];
export type ResponseOpenAiError504 = components['responses']['OpenAIError504'];
export type ResponseProblem400 = components['responses']['Problem400'];
export type ResponseProblem401 = components['responses']['Problem401'];
export type ResponseProblem403 = components['responses']['Problem403'];
export type ResponseProblem404 = components['responses']['Problem404'];
export type ResponseProblem408 = components['responses']['Problem408'];
export type ResponseProblem409 = components['responses']['Problem409'];
export type ResponseProblem412 = components['responses']['Problem412'];
export type ResponseProblem413 = components['responses']['Problem413'];
export type ResponseProblem415 = components['responses']['Problem415'];
export type ResponseProblem422 = components['responses']['Problem422'];
export type ResponseProblem428 = components['responses']['Problem428'];
export type ResponseProblem429 = components['responses']['Problem429'];
export type ResponseProblem431 = components['responses']['Problem431'];
export type ResponseProblem500 = components['responses']['Problem500'];
export type ResponseProblem501 = components['responses']['Problem501'];
export type ResponseProblem502 = components['responses']['Problem502'];
export type ResponseProblem503 = components['responses']['Problem503'];
export type ResponseProblem504 = components['responses']['Problem504'];
export type $defs = Record<string, never>;
export interface operations {
    startRun: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A request that comes again with the key, the path and the body of one before is not done again but answered as that was, with `Idempotency-Replayed: true`. What failed may be tried again.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description An agent's id; `assistant@2` is a version of one.
                 * @example assistant
                 */
                agent_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "input": "What is 17 times 4?"
                 *     }
                 */
                "application/json": components["schemas"]["RunBody"];
            };
        };
        responses: {
            /** @description Run an agent */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "run_id": "run_01JD3X9K7Q",
                     *       "agent": "assistant",
                     *       "status": "completed",
                     *       "text": "17 × 4 is 68.",
                     *       "usage": {
                     *         "input_tokens": 91,
                     *         "output_tokens": 23,
                     *         "cached_tokens": 0
                     *       },
                     *       "steps": 2,
                     *       "messages": [
                     *         {
                     *           "role": "user",
                     *           "content": "What is 17 times 4?"
                     *         },
                     *         {
                     *           "role": "assistant",
                     *           "content": "",
                     *           "tool_calls": [
                     *             {
                     *               "id": "call_1",
                     *               "type": "function",
                     *               "function": {
                     *                 "name": "calculator_evaluate",
                     *                 "arguments": "{\"expression\": \"17*4\"}"
                     *               }
                     *             }
                     *           ]
                     *         },
                     *         {
                     *           "role": "tool",
                     *           "content": "68",
                     *           "tool_call_id": "call_1"
                     *         },
                     *         {
                     *           "role": "assistant",
                     *           "content": "17 × 4 is 68."
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["RunResultView"];
                    /**
                     * @example event: run.started
                     *     id: 1
                     *     data: {"type":"run.started","run_id":"run_01JD3X9K7Q","seq":1,"at":1785000000.0,"agent":"assistant","thread_id":null,"input":"Hello"}
                     *
                     *     event: model.delta
                     *     id: 3
                     *     data: {"type":"model.delta","run_id":"run_01JD3X9K7Q","seq":3,"at":1785000000.2,"text":"Hi"}
                     *
                     *     event: run.completed
                     *     id: 5
                     *     data: {"type":"run.completed","run_id":"run_01JD3X9K7Q","seq":5,"at":1785000000.3,"agent":"assistant","text":"Hi"}
                     */
                    "text/event-stream": {
                        event?: string;
                        id?: string;
                        data: components["schemas"]["RunEvent"];
                    };
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `blocked` or `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `request_timeout` */
            408: components["responses"]["Problem408"];
            /** @description `answer_not_kept` or `conflict` or `outcome_unknown` or `request_under_way` or `run_cancelled` */
            409: components["responses"]["Problem409"];
            /** @description `body_too_large` or `context_length` */
            413: components["responses"]["Problem413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["Problem415"];
            /** @description `idempotency_key_reused` or `invalid_input` */
            422: components["responses"]["Problem422"];
            /** @description `budget_exceeded` or `limit_exceeded` or `model_rate_limit` or `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `idempotency_unavailable` */
            501: components["responses"]["Problem501"];
            /** @description `model_auth` or `model_error` or `model_response` or `output_invalid` or `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `model_unavailable` or `plugin_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createChatCompletion: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A request that comes again with the key, the path and the body of one before is not done again but answered as that was, with `Idempotency-Replayed: true`. What failed may be tried again.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "model": "assistant",
                 *       "messages": [
                 *         {
                 *           "role": "user",
                 *           "content": "What is 17 times 4?"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["ChatBody"];
            };
        };
        responses: {
            /** @description Chat with an agent or a model */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "chatcmpl-run_01JD3X9K7Q",
                     *       "object": "chat.completion",
                     *       "created": 1785000000,
                     *       "model": "assistant",
                     *       "choices": [
                     *         {
                     *           "index": 0,
                     *           "message": {
                     *             "role": "assistant",
                     *             "content": "17 × 4 is 68.",
                     *             "refusal": null
                     *           },
                     *           "logprobs": null,
                     *           "finish_reason": "stop"
                     *         }
                     *       ],
                     *       "usage": {
                     *         "prompt_tokens": 91,
                     *         "completion_tokens": 23,
                     *         "total_tokens": 114
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ChatCompletion"];
                    /**
                     * @example data: {"id":"chatcmpl-run_01JD3X9K7Q","object":"chat.completion.chunk","created":1785000000,"model":"assistant","choices":[{"index":0,"delta":{"content":"17"},"logprobs":null,"finish_reason":null}]}
                     *
                     *     data: [DONE]
                     */
                    "text/event-stream": {
                        event?: string;
                        id?: string;
                        data: unknown;
                    };
                };
            };
            /** @description `bad_request` or `idempotency_key_reused` or `invalid_input` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `blocked` or `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `request_timeout` */
            408: components["responses"]["OpenAIError408"];
            /** @description `answer_not_kept` or `conflict` or `outcome_unknown` or `request_under_way` or `run_cancelled` */
            409: components["responses"]["OpenAIError409"];
            /** @description `body_too_large` or `context_length` */
            413: components["responses"]["OpenAIError413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["OpenAIError415"];
            /** @description `budget_exceeded` or `limit_exceeded` or `model_rate_limit` or `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `idempotency_unavailable` */
            501: components["responses"]["OpenAIError501"];
            /** @description `model_auth` or `model_error` or `model_response` or `output_invalid` or `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["OpenAIError502"];
            /** @description `auth_unavailable` or `model_unavailable` or `plugin_unavailable` or `stopping` or `storage` */
            503: components["responses"]["OpenAIError503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["OpenAIError504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    createResponse: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A request that comes again with the key, the path and the body of one before is not done again but answered as that was, with `Idempotency-Replayed: true`. What failed may be tried again.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "model": "assistant",
                 *       "input": "What is 17 times 4?"
                 *     }
                 */
                "application/json": components["schemas"]["ResponseBody"];
            };
        };
        responses: {
            /** @description Get a response of an agent or a model */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "resp_01985f1e2c4c",
                     *       "object": "response",
                     *       "created_at": 1785000000,
                     *       "status": "completed",
                     *       "background": false,
                     *       "completed_at": 1785000001,
                     *       "error": null,
                     *       "incomplete_details": null,
                     *       "model": "assistant",
                     *       "instructions": null,
                     *       "previous_response_id": null,
                     *       "conversation": null,
                     *       "store": true,
                     *       "output": [
                     *         {
                     *           "id": "msg_01985f1e2c4d",
                     *           "type": "message",
                     *           "role": "assistant",
                     *           "status": "completed",
                     *           "content": [
                     *             {
                     *               "type": "output_text",
                     *               "text": "17 × 4 is 68.",
                     *               "annotations": [],
                     *               "logprobs": []
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "usage": {
                     *         "input_tokens": 91,
                     *         "input_tokens_details": {
                     *           "cached_tokens": 0,
                     *           "cache_write_tokens": 0
                     *         },
                     *         "output_tokens": 23,
                     *         "output_tokens_details": {
                     *           "reasoning_tokens": 0
                     *         },
                     *         "total_tokens": 114
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ResponseView"];
                    /**
                     * @example event: response.output_text.delta
                     *     data: {"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_01985f1e2c4d","output_index":0,"content_index":0,"delta":"17","logprobs":[]}
                     *
                     *     event: response.output_text.done
                     *     data: {"type":"response.output_text.done","sequence_number":9,"item_id":"msg_01985f1e2c4d","output_index":0,"content_index":0,"text":"17 × 4 is 68.","logprobs":[]}
                     */
                    "text/event-stream": {
                        event?: string;
                        id?: string;
                        data: unknown;
                    };
                };
            };
            /** @description `bad_request` or `idempotency_key_reused` or `invalid_input` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `blocked` or `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `request_timeout` */
            408: components["responses"]["OpenAIError408"];
            /** @description `answer_not_kept` or `conflict` or `outcome_unknown` or `request_under_way` or `run_cancelled` */
            409: components["responses"]["OpenAIError409"];
            /** @description `body_too_large` or `context_length` */
            413: components["responses"]["OpenAIError413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["OpenAIError415"];
            /** @description `budget_exceeded` or `limit_exceeded` or `model_rate_limit` or `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `idempotency_unavailable` */
            501: components["responses"]["OpenAIError501"];
            /** @description `model_auth` or `model_error` or `model_response` or `output_invalid` or `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["OpenAIError502"];
            /** @description `auth_unavailable` or `model_unavailable` or `plugin_unavailable` or `stopping` or `storage` */
            503: components["responses"]["OpenAIError503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["OpenAIError504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    getResponse: {
        parameters: {
            query?: {
                /** @description Not served: a response is read whole. */
                stream?: boolean;
            };
            header?: never;
            path: {
                /**
                 * @description A response's id.
                 * @example resp_01985f1e2c4c
                 */
                response_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get a stored response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "resp_01985f1e2c4c",
                     *       "object": "response",
                     *       "created_at": 1785000000,
                     *       "status": "completed",
                     *       "background": false,
                     *       "completed_at": 1785000001,
                     *       "error": null,
                     *       "incomplete_details": null,
                     *       "model": "assistant",
                     *       "instructions": null,
                     *       "previous_response_id": null,
                     *       "conversation": null,
                     *       "store": true,
                     *       "output": [
                     *         {
                     *           "id": "msg_01985f1e2c4d",
                     *           "type": "message",
                     *           "role": "assistant",
                     *           "status": "completed",
                     *           "content": [
                     *             {
                     *               "type": "output_text",
                     *               "text": "17 × 4 is 68.",
                     *               "annotations": [],
                     *               "logprobs": []
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "usage": {
                     *         "input_tokens": 91,
                     *         "input_tokens_details": {
                     *           "cached_tokens": 0,
                     *           "cache_write_tokens": 0
                     *         },
                     *         "output_tokens": 23,
                     *         "output_tokens_details": {
                     *           "reasoning_tokens": 0
                     *         },
                     *         "total_tokens": 114
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ResponseView"];
                };
            };
            /** @description `bad_request` or `invalid_input` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["OpenAIError503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    deleteResponse: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A response's id.
                 * @example resp_01985f1e2c4c
                 */
                response_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Delete a stored response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "resp_01985f1e2c4c",
                     *       "object": "response.deleted",
                     *       "deleted": true
                     *     }
                     */
                    "application/json": components["schemas"]["DeletedView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["OpenAIError503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    cancelResponse: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A response's id.
                 * @example resp_01985f1e2c4c
                 */
                response_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Cancel a response in the background */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "resp_01985f1e2c4c",
                     *       "object": "response",
                     *       "created_at": 1785000000,
                     *       "status": "cancelled",
                     *       "background": true,
                     *       "completed_at": null,
                     *       "error": null,
                     *       "incomplete_details": null,
                     *       "model": "assistant",
                     *       "instructions": null,
                     *       "previous_response_id": null,
                     *       "conversation": null,
                     *       "store": true,
                     *       "output": [],
                     *       "usage": {
                     *         "input_tokens": 91,
                     *         "input_tokens_details": {
                     *           "cached_tokens": 0,
                     *           "cache_write_tokens": 0
                     *         },
                     *         "output_tokens": 23,
                     *         "output_tokens_details": {
                     *           "reasoning_tokens": 0
                     *         },
                     *         "total_tokens": 114
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ResponseView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["OpenAIError503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    listResponseInputItems: {
        parameters: {
            query?: {
                /** @description Items a page. */
                limit?: number;
                /** @description Oldest or newest first. */
                order?: "asc" | "desc";
                /** @description The id of the last item of the page before. */
                after?: string;
            };
            header?: never;
            path: {
                /**
                 * @description A response's id.
                 * @example resp_01985f1e2c4c
                 */
                response_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List what a response was made from */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "object": "list",
                     *       "data": [
                     *         {
                     *           "id": "msg_01985f1e2c4d",
                     *           "type": "message",
                     *           "role": "user",
                     *           "status": "completed",
                     *           "content": [
                     *             {
                     *               "type": "input_text",
                     *               "text": "What is 17 times 4?"
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "first_id": "msg_01985f1e2c4d",
                     *       "last_id": "msg_01985f1e2c4d",
                     *       "has_more": false
                     *     }
                     */
                    "application/json": components["schemas"]["ItemListView"];
                };
            };
            /** @description `bad_request` or `invalid_input` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["OpenAIError503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    listTools: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List tools */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "calculator.evaluate",
                     *           "plugin": "calculator",
                     *           "description": "Evaluate an arithmetic expression",
                     *           "input_schema": {
                     *             "type": "object",
                     *             "properties": {
                     *               "expression": {
                     *                 "type": "string"
                     *               }
                     *             },
                     *             "required": [
                     *               "expression"
                     *             ]
                     *           },
                     *           "approval": "never",
                     *           "side_effects": false
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ToolViewList"];
                };
            };
            /** @description It is as `If-None-Match` says that it was */
            304: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTool: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A tool's id.
                 * @example calculator.evaluate
                 */
                tool_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get a tool and its schema */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "calculator.evaluate",
                     *       "plugin": "calculator",
                     *       "description": "Evaluate an arithmetic expression",
                     *       "input_schema": {
                     *         "type": "object",
                     *         "properties": {
                     *           "expression": {
                     *             "type": "string"
                     *           }
                     *         },
                     *         "required": [
                     *           "expression"
                     *         ]
                     *       },
                     *       "approval": "never",
                     *       "side_effects": false
                     *     }
                     */
                    "application/json": components["schemas"]["ToolView"];
                };
            };
            /** @description It is as `If-None-Match` says that it was */
            304: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getToolSchema: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A tool's id.
                 * @example calculator.evaluate
                 */
                tool_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get the JSON Schema of a tool's arguments */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "object",
                     *       "properties": {
                     *         "expression": {
                     *           "type": "string"
                     *         }
                     *       },
                     *       "required": [
                     *         "expression"
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["JsonSchema"];
                };
            };
            /** @description It is as `If-None-Match` says that it was */
            304: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    callTool: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A request that comes again with the key, the path and the body of one before is not done again but answered as that was, with `Idempotency-Replayed: true`. What failed may be tried again.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description A tool's id.
                 * @example calculator.evaluate
                 */
                tool_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "arguments": {
                 *         "expression": "17*4"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ToolCallBody"];
            };
        };
        responses: {
            /** @description Call a tool */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "result": 68
                     *     }
                     */
                    "application/json": components["schemas"]["ToolResult"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `blocked` or `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `request_timeout` */
            408: components["responses"]["Problem408"];
            /** @description `answer_not_kept` or `conflict` or `outcome_unknown` or `request_under_way` */
            409: components["responses"]["Problem409"];
            /** @description `body_too_large` */
            413: components["responses"]["Problem413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["Problem415"];
            /** @description `idempotency_key_reused` or `invalid_input` or `tool_error` */
            422: components["responses"]["Problem422"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `idempotency_unavailable` */
            501: components["responses"]["Problem501"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listRuns: {
        parameters: {
            query?: {
                /** @description Entries a page. */
                limit?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                /** @description Runs of this agent. */
                agent?: string;
                /** @description Runs that stand so. */
                status?: "running" | "suspended" | "completed" | "failed" | "cancelled" | "interrupted";
                /** @description Runs of this conversation. */
                thread_id?: string;
                /** @description Runs that began then or later, such as 2026-11-23T07:00:00Z. */
                since?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List runs */
            200: {
                headers: {
                    /** @description The page that follows: `<…>; rel="next"` (RFC 8288). */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "run_01JD3X9K7Q",
                     *           "agent": "assistant",
                     *           "status": "completed",
                     *           "owner": "default/local",
                     *           "thread_id": "trip-to-oslo",
                     *           "created_at": 1785000000,
                     *           "updated_at": 1785000000.4,
                     *           "steps": 2,
                     *           "usage": {
                     *             "input_tokens": 91,
                     *             "output_tokens": 23,
                     *             "cached_tokens": 0
                     *           },
                     *           "pending": [],
                     *           "text": "17 × 4 is 68.",
                     *           "error": null,
                     *           "metadata": {
                     *             "source": "docs"
                     *           }
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["RunSummaryPage"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `invalid_input` */
            422: components["responses"]["Problem422"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A run's id.
                 * @example run_01JD3X9K7Q
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get a run */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "run_01JD3X9K7Q",
                     *       "agent": "assistant",
                     *       "status": "completed",
                     *       "owner": "default/local",
                     *       "thread_id": "trip-to-oslo",
                     *       "created_at": 1785000000,
                     *       "updated_at": 1785000000.4,
                     *       "steps": 2,
                     *       "usage": {
                     *         "input_tokens": 91,
                     *         "output_tokens": 23,
                     *         "cached_tokens": 0
                     *       },
                     *       "pending": [],
                     *       "text": "17 × 4 is 68.",
                     *       "error": null,
                     *       "metadata": {
                     *         "source": "docs"
                     *       },
                     *       "messages": [
                     *         {
                     *           "role": "user",
                     *           "content": "What is 17 times 4?"
                     *         },
                     *         {
                     *           "role": "assistant",
                     *           "content": "",
                     *           "tool_calls": [
                     *             {
                     *               "id": "call_1",
                     *               "type": "function",
                     *               "function": {
                     *                 "name": "calculator_evaluate",
                     *                 "arguments": "{\"expression\": \"17*4\"}"
                     *               }
                     *             }
                     *           ]
                     *         },
                     *         {
                     *           "role": "tool",
                     *           "content": "68",
                     *           "tool_call_id": "call_1"
                     *         },
                     *         {
                     *           "role": "assistant",
                     *           "content": "17 × 4 is 68."
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["RunView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRunEvents: {
        parameters: {
            query?: {
                /** @description Entries a page. */
                limit?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
                /** @description Events with a higher `seq`. */
                after?: number;
            };
            header?: never;
            path: {
                /**
                 * @description A run's id.
                 * @example run_01JD3X9K7Q
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get or follow a run's events */
            200: {
                headers: {
                    /** @description The page that follows: `<…>; rel="next"` (RFC 8288). */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "type": "run.started",
                     *           "run_id": "run_01JD3X9K7Q",
                     *           "seq": 1,
                     *           "at": 1785000000,
                     *           "agent": "assistant"
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["EventViewPage"];
                    /**
                     * @example event: run.started
                     *     id: 1
                     *     data: {"type":"run.started","run_id":"run_01JD3X9K7Q","seq":1,"at":1785000000.0,"agent":"assistant","thread_id":null,"input":"Hello"}
                     *
                     *     event: model.delta
                     *     id: 3
                     *     data: {"type":"model.delta","run_id":"run_01JD3X9K7Q","seq":3,"at":1785000000.2,"text":"Hi"}
                     *
                     *     event: run.completed
                     *     id: 5
                     *     data: {"type":"run.completed","run_id":"run_01JD3X9K7Q","seq":5,"at":1785000000.3,"agent":"assistant","text":"Hi"}
                     */
                    "text/event-stream": {
                        event?: string;
                        id?: string;
                        data: components["schemas"]["RunEvent"];
                    };
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `invalid_input` */
            422: components["responses"]["Problem422"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A run's id.
                 * @example run_01JD3X9K7Q
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Cancel a run */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "run_id": "run_01JD3X9K7Q",
                     *       "status": "cancelled"
                     *     }
                     */
                    "application/json": components["schemas"]["Cancelled"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `conflict` */
            409: components["responses"]["Problem409"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeRun: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A request that comes again with the key, the path and the body of one before is not done again but answered as that was, with `Idempotency-Replayed: true`. What failed may be tried again.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description A run's id.
                 * @example run_01JD3X9K7Q
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "decisions": {
                 *         "call_1": {
                 *           "approve": true
                 *         }
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ResumeBody"];
            };
        };
        responses: {
            /** @description Go on with a suspended run */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "run_id": "run_01JD3X9K7Q",
                     *       "agent": "assistant",
                     *       "status": "completed",
                     *       "text": "17 × 4 is 68.",
                     *       "usage": {
                     *         "input_tokens": 91,
                     *         "output_tokens": 23,
                     *         "cached_tokens": 0
                     *       },
                     *       "steps": 2,
                     *       "messages": [
                     *         {
                     *           "role": "user",
                     *           "content": "What is 17 times 4?"
                     *         },
                     *         {
                     *           "role": "assistant",
                     *           "content": "",
                     *           "tool_calls": [
                     *             {
                     *               "id": "call_1",
                     *               "type": "function",
                     *               "function": {
                     *                 "name": "calculator_evaluate",
                     *                 "arguments": "{\"expression\": \"17*4\"}"
                     *               }
                     *             }
                     *           ]
                     *         },
                     *         {
                     *           "role": "tool",
                     *           "content": "68",
                     *           "tool_call_id": "call_1"
                     *         },
                     *         {
                     *           "role": "assistant",
                     *           "content": "17 × 4 is 68."
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["RunResultView"];
                    /**
                     * @example event: run.started
                     *     id: 1
                     *     data: {"type":"run.started","run_id":"run_01JD3X9K7Q","seq":1,"at":1785000000.0,"agent":"assistant","thread_id":null,"input":"Hello"}
                     *
                     *     event: model.delta
                     *     id: 3
                     *     data: {"type":"model.delta","run_id":"run_01JD3X9K7Q","seq":3,"at":1785000000.2,"text":"Hi"}
                     *
                     *     event: run.completed
                     *     id: 5
                     *     data: {"type":"run.completed","run_id":"run_01JD3X9K7Q","seq":5,"at":1785000000.3,"agent":"assistant","text":"Hi"}
                     */
                    "text/event-stream": {
                        event?: string;
                        id?: string;
                        data: components["schemas"]["RunEvent"];
                    };
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `blocked` or `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `request_timeout` */
            408: components["responses"]["Problem408"];
            /** @description `answer_not_kept` or `conflict` or `outcome_unknown` or `request_under_way` or `run_cancelled` */
            409: components["responses"]["Problem409"];
            /** @description `body_too_large` or `context_length` */
            413: components["responses"]["Problem413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["Problem415"];
            /** @description `idempotency_key_reused` or `invalid_input` */
            422: components["responses"]["Problem422"];
            /** @description `budget_exceeded` or `limit_exceeded` or `model_rate_limit` or `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `idempotency_unavailable` */
            501: components["responses"]["Problem501"];
            /** @description `model_auth` or `model_error` or `model_response` or `output_invalid` or `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `model_unavailable` or `plugin_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    approveRun: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A request that comes again with the key, the path and the body of one before is not done again but answered as that was, with `Idempotency-Replayed: true`. What failed may be tried again.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description A run's id.
                 * @example run_01JD3X9K7Q
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /** @example {} */
                "application/json": components["schemas"]["LeaveBody"];
            };
        };
        responses: {
            /** @description Give leave for the calls a run waits with */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "run_id": "run_01JD3X9K7Q",
                     *       "agent": "assistant",
                     *       "status": "completed",
                     *       "text": "17 × 4 is 68.",
                     *       "usage": {
                     *         "input_tokens": 91,
                     *         "output_tokens": 23,
                     *         "cached_tokens": 0
                     *       },
                     *       "steps": 2,
                     *       "messages": [
                     *         {
                     *           "role": "user",
                     *           "content": "What is 17 times 4?"
                     *         },
                     *         {
                     *           "role": "assistant",
                     *           "content": "",
                     *           "tool_calls": [
                     *             {
                     *               "id": "call_1",
                     *               "type": "function",
                     *               "function": {
                     *                 "name": "calculator_evaluate",
                     *                 "arguments": "{\"expression\": \"17*4\"}"
                     *               }
                     *             }
                     *           ]
                     *         },
                     *         {
                     *           "role": "tool",
                     *           "content": "68",
                     *           "tool_call_id": "call_1"
                     *         },
                     *         {
                     *           "role": "assistant",
                     *           "content": "17 × 4 is 68."
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["RunResultView"];
                    /**
                     * @example event: run.started
                     *     id: 1
                     *     data: {"type":"run.started","run_id":"run_01JD3X9K7Q","seq":1,"at":1785000000.0,"agent":"assistant","thread_id":null,"input":"Hello"}
                     *
                     *     event: model.delta
                     *     id: 3
                     *     data: {"type":"model.delta","run_id":"run_01JD3X9K7Q","seq":3,"at":1785000000.2,"text":"Hi"}
                     *
                     *     event: run.completed
                     *     id: 5
                     *     data: {"type":"run.completed","run_id":"run_01JD3X9K7Q","seq":5,"at":1785000000.3,"agent":"assistant","text":"Hi"}
                     */
                    "text/event-stream": {
                        event?: string;
                        id?: string;
                        data: components["schemas"]["RunEvent"];
                    };
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `blocked` or `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `request_timeout` */
            408: components["responses"]["Problem408"];
            /** @description `answer_not_kept` or `conflict` or `outcome_unknown` or `request_under_way` or `run_cancelled` */
            409: components["responses"]["Problem409"];
            /** @description `body_too_large` or `context_length` */
            413: components["responses"]["Problem413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["Problem415"];
            /** @description `idempotency_key_reused` or `invalid_input` */
            422: components["responses"]["Problem422"];
            /** @description `budget_exceeded` or `limit_exceeded` or `model_rate_limit` or `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `idempotency_unavailable` */
            501: components["responses"]["Problem501"];
            /** @description `model_auth` or `model_error` or `model_response` or `output_invalid` or `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `model_unavailable` or `plugin_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    declineRun: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A request that comes again with the key, the path and the body of one before is not done again but answered as that was, with `Idempotency-Replayed: true`. What failed may be tried again.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description A run's id.
                 * @example run_01JD3X9K7Q
                 */
                run_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "not on a Sunday"
                 *     }
                 */
                "application/json": components["schemas"]["LeaveBody"];
            };
        };
        responses: {
            /** @description Refuse leave for the calls a run waits with */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "run_id": "run_01JD3X9K7Q",
                     *       "agent": "assistant",
                     *       "status": "completed",
                     *       "text": "17 × 4 is 68.",
                     *       "usage": {
                     *         "input_tokens": 91,
                     *         "output_tokens": 23,
                     *         "cached_tokens": 0
                     *       },
                     *       "steps": 2,
                     *       "messages": [
                     *         {
                     *           "role": "user",
                     *           "content": "What is 17 times 4?"
                     *         },
                     *         {
                     *           "role": "assistant",
                     *           "content": "",
                     *           "tool_calls": [
                     *             {
                     *               "id": "call_1",
                     *               "type": "function",
                     *               "function": {
                     *                 "name": "calculator_evaluate",
                     *                 "arguments": "{\"expression\": \"17*4\"}"
                     *               }
                     *             }
                     *           ]
                     *         },
                     *         {
                     *           "role": "tool",
                     *           "content": "68",
                     *           "tool_call_id": "call_1"
                     *         },
                     *         {
                     *           "role": "assistant",
                     *           "content": "17 × 4 is 68."
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["RunResultView"];
                    /**
                     * @example event: run.started
                     *     id: 1
                     *     data: {"type":"run.started","run_id":"run_01JD3X9K7Q","seq":1,"at":1785000000.0,"agent":"assistant","thread_id":null,"input":"Hello"}
                     *
                     *     event: model.delta
                     *     id: 3
                     *     data: {"type":"model.delta","run_id":"run_01JD3X9K7Q","seq":3,"at":1785000000.2,"text":"Hi"}
                     *
                     *     event: run.completed
                     *     id: 5
                     *     data: {"type":"run.completed","run_id":"run_01JD3X9K7Q","seq":5,"at":1785000000.3,"agent":"assistant","text":"Hi"}
                     */
                    "text/event-stream": {
                        event?: string;
                        id?: string;
                        data: components["schemas"]["RunEvent"];
                    };
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `blocked` or `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `request_timeout` */
            408: components["responses"]["Problem408"];
            /** @description `answer_not_kept` or `conflict` or `outcome_unknown` or `request_under_way` or `run_cancelled` */
            409: components["responses"]["Problem409"];
            /** @description `body_too_large` or `context_length` */
            413: components["responses"]["Problem413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["Problem415"];
            /** @description `idempotency_key_reused` or `invalid_input` */
            422: components["responses"]["Problem422"];
            /** @description `budget_exceeded` or `limit_exceeded` or `model_rate_limit` or `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `idempotency_unavailable` */
            501: components["responses"]["Problem501"];
            /** @description `model_auth` or `model_error` or `model_response` or `output_invalid` or `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `model_unavailable` or `plugin_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAgents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List agents */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "assistant",
                     *           "description": "A helpful assistant on the embedded model.",
                     *           "model": "local/smollm2",
                     *           "tools": [
                     *             "time.*",
                     *             "calculator.*"
                     *           ],
                     *           "processors": [],
                     *           "memory": [],
                     *           "approve": []
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["AgentViewList"];
                };
            };
            /** @description It is as `If-None-Match` says that it was */
            304: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAgent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description An agent's id; `assistant@2` is a version of one.
                 * @example assistant
                 */
                agent_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get an agent, and what it has when it runs */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "assistant",
                     *       "description": "A helpful assistant on the embedded model.",
                     *       "model": "local/smollm2",
                     *       "tools": [
                     *         "time.*",
                     *         "calculator.*"
                     *       ],
                     *       "processors": [],
                     *       "memory": [],
                     *       "approve": [],
                     *       "effective": {
                     *         "models": [
                     *           "local/smollm2"
                     *         ],
                     *         "tools": [
                     *           {
                     *             "id": "calculator.evaluate",
                     *             "name": "calculator_evaluate",
                     *             "description": "Evaluate an arithmetic expression",
                     *             "approval": false
                     *           }
                     *         ],
                     *         "limits": {
                     *           "steps": 16,
                     *           "tokens": null,
                     *           "seconds": 300,
                     *           "cost": null
                     *         }
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["AgentDetail"];
                };
            };
            /** @description It is as `If-None-Match` says that it was */
            304: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAgentVersions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description An agent's id; `assistant@2` is a version of one.
                 * @example assistant
                 */
                agent_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List an agent's versions */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "assistant@2",
                     *           "agent": "assistant",
                     *           "number": 2,
                     *           "state": "draft",
                     *           "author": "key:3f9a1c0b7d42",
                     *           "note": "rhymes",
                     *           "created_at": 1785000000,
                     *           "published_at": null
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["AgentVersionViewList"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `conflict` */
            409: components["responses"]["Problem409"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createAgentVersion: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A request that comes again with the key, the path and the body of one before is not done again but answered as that was, with `Idempotency-Replayed: true`. What failed may be tried again.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description An agent's id; `assistant@2` is a version of one.
                 * @example assistant
                 */
                agent_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "config": {
                 *         "instructions": "Answer in rhymes."
                 *       },
                 *       "note": "rhymes"
                 *     }
                 */
                "application/json": components["schemas"]["AgentVersionDraft"];
            };
        };
        responses: {
            /** @description Draft a version of an agent */
            201: {
                headers: {
                    /** @description Where it is from now on. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "assistant@2",
                     *       "agent": "assistant",
                     *       "number": 2,
                     *       "state": "draft",
                     *       "author": "key:3f9a1c0b7d42",
                     *       "note": "rhymes",
                     *       "created_at": 1785000000,
                     *       "published_at": null,
                     *       "config": {
                     *         "instructions": "Answer in rhymes.",
                     *         "tools": [
                     *           "time.*"
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["AgentVersionDetail"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `request_timeout` */
            408: components["responses"]["Problem408"];
            /** @description `answer_not_kept` or `conflict` or `outcome_unknown` or `request_under_way` */
            409: components["responses"]["Problem409"];
            /** @description `body_too_large` */
            413: components["responses"]["Problem413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["Problem415"];
            /** @description `idempotency_key_reused` or `invalid_input` */
            422: components["responses"]["Problem422"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `config` or `error` */
            500: components["responses"]["Problem500"];
            /** @description `idempotency_unavailable` */
            501: components["responses"]["Problem501"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAgentVersion: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description An agent's id; `assistant@2` is a version of one.
                 * @example assistant
                 */
                agent_id: string;
                /**
                 * @description A version's number.
                 * @example 2
                 */
                number: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get a version of an agent */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "assistant@2",
                     *       "agent": "assistant",
                     *       "number": 2,
                     *       "state": "draft",
                     *       "author": "key:3f9a1c0b7d42",
                     *       "note": "rhymes",
                     *       "created_at": 1785000000,
                     *       "published_at": null,
                     *       "config": {
                     *         "instructions": "Answer in rhymes.",
                     *         "tools": [
                     *           "time.*"
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["AgentVersionDetail"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `conflict` */
            409: components["responses"]["Problem409"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compareAgentVersion: {
        parameters: {
            query?: {
                /** @description The version before; what holds where it is left out. */
                base?: number;
            };
            header?: never;
            path: {
                /**
                 * @description An agent's id; `assistant@2` is a version of one.
                 * @example assistant
                 */
                agent_id: string;
                /**
                 * @description A version's number.
                 * @example 2
                 */
                number: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Compare versions of an agent */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "base": 1,
                     *       "number": 2,
                     *       "changes": [
                     *         {
                     *           "key": "instructions",
                     *           "was": "Answer briefly.",
                     *           "now": "Answer in rhymes."
                     *         }
                     *       ],
                     *       "diff": "--- assistant@1\n+++ assistant@2\n@@ -1,2 +1,2 @@\n [agents.assistant]\n-instructions = \"Answer briefly.\"\n+instructions = \"Answer in rhymes.\""
                     *     }
                     */
                    "application/json": components["schemas"]["AgentVersionChanges"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `conflict` */
            409: components["responses"]["Problem409"];
            /** @description `invalid_input` */
            422: components["responses"]["Problem422"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    publishAgentVersion: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A request that comes again with the key, the path and the body of one before is not done again but answered as that was, with `Idempotency-Replayed: true`. What failed may be tried again.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description An agent's id; `assistant@2` is a version of one.
                 * @example assistant
                 */
                agent_id: string;
                /**
                 * @description A version's number.
                 * @example 2
                 */
                number: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Publish a draft of an agent */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "assistant@2",
                     *       "agent": "assistant",
                     *       "number": 2,
                     *       "state": "holds",
                     *       "author": "key:3f9a1c0b7d42",
                     *       "note": "rhymes",
                     *       "created_at": 1785000000,
                     *       "published_at": 1785000300
                     *     }
                     */
                    "application/json": components["schemas"]["AgentVersionView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `answer_not_kept` or `conflict` or `outcome_unknown` or `request_under_way` */
            409: components["responses"]["Problem409"];
            /** @description `idempotency_key_reused` */
            422: components["responses"]["Problem422"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `config` or `error` */
            500: components["responses"]["Problem500"];
            /** @description `idempotency_unavailable` */
            501: components["responses"]["Problem501"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restoreAgentVersion: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A request that comes again with the key, the path and the body of one before is not done again but answered as that was, with `Idempotency-Replayed: true`. What failed may be tried again.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description An agent's id; `assistant@2` is a version of one.
                 * @example assistant
                 */
                agent_id: string;
                /**
                 * @description A version's number.
                 * @example 2
                 */
                number: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Restore a version of an agent */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "assistant@3",
                     *       "agent": "assistant",
                     *       "number": 3,
                     *       "state": "holds",
                     *       "author": "key:3f9a1c0b7d42",
                     *       "note": "restores assistant@1",
                     *       "created_at": 1785000000,
                     *       "published_at": 1785000300
                     *     }
                     */
                    "application/json": components["schemas"]["AgentVersionView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `answer_not_kept` or `conflict` or `outcome_unknown` or `request_under_way` */
            409: components["responses"]["Problem409"];
            /** @description `idempotency_key_reused` */
            422: components["responses"]["Problem422"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `config` or `error` */
            500: components["responses"]["Problem500"];
            /** @description `idempotency_unavailable` */
            501: components["responses"]["Problem501"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listThreads: {
        parameters: {
            query?: {
                /** @description Entries a page. */
                limit?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List conversations */
            200: {
                headers: {
                    /** @description The page that follows: `<…>; rel="next"` (RFC 8288). */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "trip-to-oslo",
                     *           "owner": "default/local",
                     *           "title": "When does the train leave?",
                     *           "created_at": 1785000000,
                     *           "updated_at": 1785000060,
                     *           "metadata": {
                     *             "topic": "trains"
                     *           }
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["ThreadViewPage"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `invalid_input` */
            422: components["responses"]["Problem422"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createThread: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A request that comes again with the key, the path and the body of one before is not done again but answered as that was, with `Idempotency-Replayed: true`. What failed may be tried again.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "id": "trip-to-oslo",
                 *       "metadata": {
                 *         "topic": "trains"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ThreadBody"];
            };
        };
        responses: {
            /** @description Make a conversation */
            201: {
                headers: {
                    /** @description Where it is from now on. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "trip-to-oslo",
                     *       "owner": "default/local",
                     *       "title": "When does the train leave?",
                     *       "created_at": 1785000000,
                     *       "updated_at": 1785000060,
                     *       "metadata": {
                     *         "topic": "trains"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ThreadView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `request_timeout` */
            408: components["responses"]["Problem408"];
            /** @description `answer_not_kept` or `conflict` or `outcome_unknown` or `request_under_way` */
            409: components["responses"]["Problem409"];
            /** @description `body_too_large` */
            413: components["responses"]["Problem413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["Problem415"];
            /** @description `idempotency_key_reused` or `invalid_input` */
            422: components["responses"]["Problem422"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `idempotency_unavailable` */
            501: components["responses"]["Problem501"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getThread: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A conversation's id.
                 * @example trip-to-oslo
                 */
                thread_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get a conversation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "trip-to-oslo",
                     *       "owner": "default/local",
                     *       "title": "When does the train leave?",
                     *       "created_at": 1785000000,
                     *       "updated_at": 1785000060,
                     *       "metadata": {
                     *         "topic": "trains"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ThreadView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteThread: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A conversation's id.
                 * @example trip-to-oslo
                 */
                thread_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Delete a conversation */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `conflict` */
            409: components["responses"]["Problem409"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    updateThread: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A conversation's id.
                 * @example trip-to-oslo
                 */
                thread_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "title": "When does the train leave?"
                 *     }
                 */
                "application/json": components["schemas"]["ThreadChange"];
            };
        };
        responses: {
            /** @description Change a conversation's title or metadata */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "trip-to-oslo",
                     *       "owner": "default/local",
                     *       "title": "When does the train leave?",
                     *       "created_at": 1785000000,
                     *       "updated_at": 1785000060,
                     *       "metadata": {
                     *         "topic": "trains"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ThreadView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `request_timeout` */
            408: components["responses"]["Problem408"];
            /** @description `body_too_large` */
            413: components["responses"]["Problem413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["Problem415"];
            /** @description `invalid_input` */
            422: components["responses"]["Problem422"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getThreadMessages: {
        parameters: {
            query?: {
                /** @description The last so many messages. */
                limit?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /**
                 * @description A conversation's id.
                 * @example trip-to-oslo
                 */
                thread_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get a conversation's messages */
            200: {
                headers: {
                    /** @description The page that follows: `<…>; rel="next"` (RFC 8288). */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "role": "user",
                     *           "content": "When does the train leave?"
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["MessageViewPage"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `invalid_input` */
            422: components["responses"]["Problem422"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addThreadMessages: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A request that comes again with the key, the path and the body of one before is not done again but answered as that was, with `Idempotency-Replayed: true`. What failed may be tried again.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description A conversation's id.
                 * @example trip-to-oslo
                 */
                thread_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "messages": [
                 *         {
                 *           "role": "user",
                 *           "content": "When does the train leave?"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["MessagesBody"];
            };
        };
        responses: {
            /** @description Add messages to a conversation */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "role": "user",
                     *           "content": "When does the train leave?"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["MessageViewList"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `request_timeout` */
            408: components["responses"]["Problem408"];
            /** @description `answer_not_kept` or `outcome_unknown` or `request_under_way` */
            409: components["responses"]["Problem409"];
            /** @description `body_too_large` */
            413: components["responses"]["Problem413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["Problem415"];
            /** @description `idempotency_key_reused` or `invalid_input` */
            422: components["responses"]["Problem422"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `idempotency_unavailable` */
            501: components["responses"]["Problem501"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createConversation: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A request that comes again with the key, the path and the body of one before is not done again but answered as that was, with `Idempotency-Replayed: true`. What failed may be tried again.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "items": [
                 *         {
                 *           "role": "user",
                 *           "content": "When does the train leave?"
                 *         }
                 *       ],
                 *       "metadata": {
                 *         "topic": "trains"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ConversationBody"];
            };
        };
        responses: {
            /** @description Make a conversation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "conv_01985f1e2c4b",
                     *       "object": "conversation",
                     *       "created_at": 1785000000,
                     *       "metadata": {
                     *         "topic": "trains"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ConversationView"];
                };
            };
            /** @description `bad_request` or `idempotency_key_reused` or `invalid_input` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `blocked` or `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `request_timeout` */
            408: components["responses"]["OpenAIError408"];
            /** @description `answer_not_kept` or `conflict` or `outcome_unknown` or `request_under_way` or `run_cancelled` */
            409: components["responses"]["OpenAIError409"];
            /** @description `body_too_large` or `context_length` */
            413: components["responses"]["OpenAIError413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["OpenAIError415"];
            /** @description `budget_exceeded` or `limit_exceeded` or `model_rate_limit` or `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `idempotency_unavailable` */
            501: components["responses"]["OpenAIError501"];
            /** @description `model_auth` or `model_error` or `model_response` or `output_invalid` or `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["OpenAIError502"];
            /** @description `auth_unavailable` or `model_unavailable` or `plugin_unavailable` or `stopping` or `storage` */
            503: components["responses"]["OpenAIError503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["OpenAIError504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    getConversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A conversation's id.
                 * @example conv_01985f1e2c4b
                 */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get a conversation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "conv_01985f1e2c4b",
                     *       "object": "conversation",
                     *       "created_at": 1785000000,
                     *       "metadata": {
                     *         "topic": "trains"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ConversationView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["OpenAIError503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    updateConversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A conversation's id.
                 * @example conv_01985f1e2c4b
                 */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "metadata": {
                 *         "topic": "trains"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["MetadataBody"];
            };
        };
        responses: {
            /** @description Replace a conversation's metadata */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "conv_01985f1e2c4b",
                     *       "object": "conversation",
                     *       "created_at": 1785000000,
                     *       "metadata": {
                     *         "topic": "trains"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ConversationView"];
                };
            };
            /** @description `bad_request` or `invalid_input` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `blocked` or `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `request_timeout` */
            408: components["responses"]["OpenAIError408"];
            /** @description `conflict` or `run_cancelled` */
            409: components["responses"]["OpenAIError409"];
            /** @description `body_too_large` or `context_length` */
            413: components["responses"]["OpenAIError413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["OpenAIError415"];
            /** @description `budget_exceeded` or `limit_exceeded` or `model_rate_limit` or `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `model_auth` or `model_error` or `model_response` or `output_invalid` or `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["OpenAIError502"];
            /** @description `auth_unavailable` or `model_unavailable` or `plugin_unavailable` or `stopping` or `storage` */
            503: components["responses"]["OpenAIError503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["OpenAIError504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    deleteConversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A conversation's id.
                 * @example conv_01985f1e2c4b
                 */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Delete a conversation with its runs */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "conv_01985f1e2c4b",
                     *       "object": "conversation.deleted",
                     *       "deleted": true
                     *     }
                     */
                    "application/json": components["schemas"]["DeletedView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `conflict` */
            409: components["responses"]["OpenAIError409"];
            /** @description `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["OpenAIError503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    listConversationItems: {
        parameters: {
            query?: {
                /** @description Items a page. */
                limit?: number;
                /** @description Oldest or newest first. */
                order?: "asc" | "desc";
                /** @description The id of the last item of the page before. */
                after?: string;
            };
            header?: never;
            path: {
                /**
                 * @description A conversation's id.
                 * @example conv_01985f1e2c4b
                 */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List a conversation's items */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "object": "list",
                     *       "data": [
                     *         {
                     *           "id": "msg_9f2c41",
                     *           "type": "message",
                     *           "role": "user",
                     *           "status": "completed",
                     *           "content": [
                     *             {
                     *               "type": "input_text",
                     *               "text": "When does the train leave?"
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "first_id": "msg_9f2c41",
                     *       "last_id": "msg_9f2c41",
                     *       "has_more": false
                     *     }
                     */
                    "application/json": components["schemas"]["ItemListView"];
                };
            };
            /** @description `bad_request` or `invalid_input` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["OpenAIError503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    createConversationItems: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description A request that comes again with the key, the path and the body of one before is not done again but answered as that was, with `Idempotency-Replayed: true`. What failed may be tried again.
                 * @example 8e03978e-40d5-43dd-bc93-6894a57f9324
                 */
                "Idempotency-Key"?: string;
            };
            path: {
                /**
                 * @description A conversation's id.
                 * @example conv_01985f1e2c4b
                 */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "items": [
                 *         {
                 *           "role": "user",
                 *           "content": "When does the train leave?"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["ItemsBody"];
            };
        };
        responses: {
            /** @description Add items to a conversation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "object": "list",
                     *       "data": [
                     *         {
                     *           "id": "msg_9f2c41",
                     *           "type": "message",
                     *           "role": "user",
                     *           "status": "completed",
                     *           "content": [
                     *             {
                     *               "type": "input_text",
                     *               "text": "When does the train leave?"
                     *             }
                     *           ]
                     *         }
                     *       ],
                     *       "first_id": "msg_9f2c41",
                     *       "last_id": "msg_9f2c41",
                     *       "has_more": false
                     *     }
                     */
                    "application/json": components["schemas"]["ItemListView"];
                };
            };
            /** @description `bad_request` or `idempotency_key_reused` or `invalid_input` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `blocked` or `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `request_timeout` */
            408: components["responses"]["OpenAIError408"];
            /** @description `answer_not_kept` or `conflict` or `outcome_unknown` or `request_under_way` or `run_cancelled` */
            409: components["responses"]["OpenAIError409"];
            /** @description `body_too_large` or `context_length` */
            413: components["responses"]["OpenAIError413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["OpenAIError415"];
            /** @description `budget_exceeded` or `limit_exceeded` or `model_rate_limit` or `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `idempotency_unavailable` */
            501: components["responses"]["OpenAIError501"];
            /** @description `model_auth` or `model_error` or `model_response` or `output_invalid` or `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["OpenAIError502"];
            /** @description `auth_unavailable` or `model_unavailable` or `plugin_unavailable` or `stopping` or `storage` */
            503: components["responses"]["OpenAIError503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["OpenAIError504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    getConversationItem: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A conversation's id.
                 * @example conv_01985f1e2c4b
                 */
                conversation_id: string;
                /**
                 * @description An item's id.
                 * @example msg_9f2c41
                 */
                item_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get an item of a conversation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "msg_9f2c41",
                     *       "type": "message",
                     *       "role": "user",
                     *       "status": "completed",
                     *       "content": [
                     *         {
                     *           "type": "input_text",
                     *           "text": "When does the train leave?"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ItemView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["OpenAIError503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    deleteConversationItem: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A conversation's id.
                 * @example conv_01985f1e2c4b
                 */
                conversation_id: string;
                /**
                 * @description An item's id.
                 * @example msg_9f2c41
                 */
                item_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Delete an item of a conversation */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "conv_01985f1e2c4b",
                     *       "object": "conversation",
                     *       "created_at": 1785000000,
                     *       "metadata": {
                     *         "topic": "trains"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["ConversationView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `conflict` */
            409: components["responses"]["OpenAIError409"];
            /** @description `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["OpenAIError503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    createEmbeddings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "model": "local/minilm",
                 *       "input": [
                 *         "the moon",
                 *         "a tide table"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["EmbeddingsBody"];
            };
        };
        responses: {
            /** @description Embed texts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "object": "list",
                     *       "data": [
                     *         {
                     *           "object": "embedding",
                     *           "index": 0,
                     *           "embedding": [
                     *             0.013,
                     *             -0.021,
                     *             0.094
                     *           ]
                     *         }
                     *       ],
                     *       "model": "local/minilm",
                     *       "usage": {
                     *         "prompt_tokens": 3,
                     *         "total_tokens": 3
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["EmbeddingList"];
                };
            };
            /** @description `bad_request` or `invalid_input` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `blocked` or `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `request_timeout` */
            408: components["responses"]["OpenAIError408"];
            /** @description `conflict` or `run_cancelled` */
            409: components["responses"]["OpenAIError409"];
            /** @description `body_too_large` or `context_length` */
            413: components["responses"]["OpenAIError413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["OpenAIError415"];
            /** @description `budget_exceeded` or `limit_exceeded` or `model_rate_limit` or `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `model_auth` or `model_error` or `model_response` or `output_invalid` or `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["OpenAIError502"];
            /** @description `auth_unavailable` or `model_unavailable` or `plugin_unavailable` or `stopping` or `storage` */
            503: components["responses"]["OpenAIError503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["OpenAIError504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    listModels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List models */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "object": "list",
                     *       "data": [
                     *         {
                     *           "id": "assistant",
                     *           "object": "model",
                     *           "created": 1785000000,
                     *           "owned_by": "lumosai",
                     *           "kind": "agent"
                     *         },
                     *         {
                     *           "id": "fast",
                     *           "object": "model",
                     *           "created": 1785000000,
                     *           "owned_by": "lumosai",
                     *           "kind": "route",
                     *           "targets": [
                     *             "openai/gpt-5-mini",
                     *             "local/smollm2"
                     *           ]
                     *         },
                     *         {
                     *           "id": "local/smollm2",
                     *           "object": "model",
                     *           "created": 1785000000,
                     *           "owned_by": "local",
                     *           "kind": "model"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["ModelList"];
                };
            };
            /** @description It is as `If-None-Match` says that it was */
            304: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["OpenAIError503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    getModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description An agent, an alias, or `<provider>/<model>`.
                 * @example local/smollm2
                 */
                model: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get a model */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "local/smollm2",
                     *       "object": "model",
                     *       "created": 1785000000,
                     *       "owned_by": "local",
                     *       "kind": "model"
                     *     }
                     */
                    "application/json": components["schemas"]["ModelView"];
                };
            };
            /** @description It is as `If-None-Match` says that it was */
            304: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["OpenAIError400"];
            /** @description `unauthenticated` */
            401: components["responses"]["OpenAIError401"];
            /** @description `permission_denied` */
            403: components["responses"]["OpenAIError403"];
            /** @description `not_found` */
            404: components["responses"]["OpenAIError404"];
            /** @description `too_many_requests` */
            429: components["responses"]["OpenAIError429"];
            /** @description `head_too_large` */
            431: components["responses"]["OpenAIError431"];
            /** @description `error` */
            500: components["responses"]["OpenAIError500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["OpenAIError503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "error": {
                     *         "message": "no model 'gpt'; there are: assistant",
                     *         "type": "not_found_error",
                     *         "param": null,
                     *         "code": "not_found"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
        };
    };
    getUsage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description See what you spent */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "caller": "key:3f9a1c0b7d42",
                     *       "periods": {
                     *         "day": {
                     *           "period": "2026-11-23",
                     *           "calls": 12,
                     *           "tokens": 9120,
                     *           "cost": 0.0214
                     *         },
                     *         "month": {
                     *           "period": "2026-11",
                     *           "calls": 340,
                     *           "tokens": 251033,
                     *           "cost": 0.6127
                     *         },
                     *         "total": {
                     *           "period": "total",
                     *           "calls": 1022,
                     *           "tokens": 801402,
                     *           "cost": 1.9033
                     *         }
                     *       },
                     *       "budget": {
                     *         "tokens": null,
                     *         "cost": 5,
                     *         "period": "month",
                     *         "tokens_left": null,
                     *         "cost_left": 4.3873,
                     *         "renews": "2026-12-01T00:00:00Z"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SpendingView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listUsage: {
        parameters: {
            query?: {
                /** @description Entries a page. */
                limit?: number;
                /** @description The `next_cursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description See what each caller spent */
            200: {
                headers: {
                    /** @description The page that follows: `<…>; rel="next"` (RFC 8288). */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "caller": "key:3f9a1c0b7d42",
                     *           "periods": {
                     *             "day": {
                     *               "period": "2026-11-23",
                     *               "calls": 12,
                     *               "tokens": 9120,
                     *               "cost": 0.0214
                     *             },
                     *             "month": {
                     *               "period": "2026-11",
                     *               "calls": 340,
                     *               "tokens": 251033,
                     *               "cost": 0.6127
                     *             },
                     *             "total": {
                     *               "period": "total",
                     *               "calls": 1022,
                     *               "tokens": 801402,
                     *               "cost": 1.9033
                     *             }
                     *           },
                     *           "budget": null
                     *         }
                     *       ],
                     *       "has_more": false,
                     *       "next_cursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["SpendingViewPage"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `invalid_input` */
            422: components["responses"]["Problem422"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` or `storage` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPlugins: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List plugins */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "name": "moon",
                     *           "version": "0.1.0",
                     *           "state": "enabled",
                     *           "runtime": "python",
                     *           "distribution": "lumosai_moon-0.1.0",
                     *           "built_in": false,
                     *           "description": "The phases of the moon",
                     *           "contributes": {
                     *             "tool": [
                     *               "moon.phase"
                     *             ]
                     *           },
                     *           "failures": 0
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["PluginSummaryList"];
                };
            };
            /** @description It is as `If-None-Match` says that it was */
            304: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    refreshPlugins: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Look again at what is installed */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "added": [
                     *         "moon"
                     *       ],
                     *       "swapped": [],
                     *       "removed": []
                     *     }
                     */
                    "application/json": components["schemas"]["ChangesView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `conflict` */
            409: components["responses"]["Problem409"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A plugin's name.
                 * @example moon
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get a plugin, its contributions, permissions and health */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "moon",
                     *       "version": "0.1.0",
                     *       "state": "enabled",
                     *       "runtime": "python",
                     *       "distribution": "lumosai_moon-0.1.0",
                     *       "built_in": false,
                     *       "description": "The phases of the moon",
                     *       "contributes": {
                     *         "tool": [
                     *           "moon.phase"
                     *         ]
                     *       },
                     *       "failures": 0,
                     *       "contributions": {
                     *         "tool": [
                     *           {
                     *             "id": "moon.phase",
                     *             "description": "Tell the phase of the moon on a date"
                     *           }
                     *         ]
                     *       },
                     *       "permissions": {
                     *         "requested": {},
                     *         "granted": {},
                     *         "effective": {},
                     *         "missing": {}
                     *       },
                     *       "health": null,
                     *       "sandbox": null
                     *     }
                     */
                    "application/json": components["schemas"]["PluginView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPluginPermissions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A plugin's name.
                 * @example moon
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get what a plugin asks for, is granted, and may do */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "moon",
                     *       "runtime": "wasm",
                     *       "requested": {
                     *         "http": [
                     *           "GET https://api.example.org/*"
                     *         ]
                     *       },
                     *       "granted": {
                     *         "http": [
                     *           "GET https://api.example.org/*"
                     *         ]
                     *       },
                     *       "effective": {
                     *         "http": [
                     *           "GET https://api.example.org/*"
                     *         ]
                     *       },
                     *       "missing": {},
                     *       "rights": [
                     *         {
                     *           "kind": "http",
                     *           "rule": "GET https://api.example.org/*",
                     *           "words": "read from https://api.example.org",
                     *           "risk": "low",
                     *           "granted": true
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["PluginPermissions"];
                };
            };
            /** @description It is as `If-None-Match` says that it was */
            304: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPluginHealth: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A plugin's name.
                 * @example moon
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ask a plugin how it is */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "moon",
                     *       "state": "enabled",
                     *       "failures": 0,
                     *       "health": {
                     *         "ok": true,
                     *         "detail": ""
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["PluginHealth"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    enablePlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A plugin's name.
                 * @example moon
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Switch a plugin on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "moon",
                     *       "version": "0.1.0",
                     *       "state": "enabled",
                     *       "runtime": "python",
                     *       "distribution": "lumosai_moon-0.1.0",
                     *       "built_in": false,
                     *       "description": "The phases of the moon",
                     *       "contributes": {
                     *         "tool": [
                     *           "moon.phase"
                     *         ]
                     *       },
                     *       "failures": 0,
                     *       "contributions": {
                     *         "tool": [
                     *           {
                     *             "id": "moon.phase",
                     *             "description": "Tell the phase of the moon on a date"
                     *           }
                     *         ]
                     *       },
                     *       "permissions": {
                     *         "requested": {},
                     *         "granted": {},
                     *         "effective": {},
                     *         "missing": {}
                     *       },
                     *       "health": null,
                     *       "sandbox": null
                     *     }
                     */
                    "application/json": components["schemas"]["PluginView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `conflict` */
            409: components["responses"]["Problem409"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    disablePlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A plugin's name.
                 * @example moon
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Switch a plugin off */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "moon",
                     *       "version": "0.1.0",
                     *       "state": "disabled",
                     *       "runtime": "python",
                     *       "distribution": "lumosai_moon-0.1.0",
                     *       "built_in": false,
                     *       "description": "The phases of the moon",
                     *       "contributes": {
                     *         "tool": [
                     *           "moon.phase"
                     *         ]
                     *       },
                     *       "failures": 0,
                     *       "contributions": {
                     *         "tool": [
                     *           {
                     *             "id": "moon.phase",
                     *             "description": "Tell the phase of the moon on a date"
                     *           }
                     *         ]
                     *       },
                     *       "permissions": {
                     *         "requested": {},
                     *         "granted": {},
                     *         "effective": {},
                     *         "missing": {}
                     *       },
                     *       "health": null,
                     *       "sandbox": null,
                     *       "reason": "disabled; lumos plugin enable moon"
                     *     }
                     */
                    "application/json": components["schemas"]["PluginView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `conflict` */
            409: components["responses"]["Problem409"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reloadPlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A plugin's name.
                 * @example moon
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Load a plugin's code anew */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "moon",
                     *       "version": "0.1.0",
                     *       "state": "enabled",
                     *       "runtime": "python",
                     *       "distribution": "lumosai_moon-0.1.0",
                     *       "built_in": false,
                     *       "description": "The phases of the moon",
                     *       "contributes": {
                     *         "tool": [
                     *           "moon.phase"
                     *         ]
                     *       },
                     *       "failures": 0,
                     *       "contributions": {
                     *         "tool": [
                     *           {
                     *             "id": "moon.phase",
                     *             "description": "Tell the phase of the moon on a date"
                     *           }
                     *         ]
                     *       },
                     *       "permissions": {
                     *         "requested": {},
                     *         "granted": {},
                     *         "effective": {},
                     *         "missing": {}
                     *       },
                     *       "health": null,
                     *       "sandbox": null
                     *     }
                     */
                    "application/json": components["schemas"]["PluginView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `conflict` */
            409: components["responses"]["Problem409"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followPlugin: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A plugin's name.
                 * @example moon
                 */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Follow a plugin's log and the events about it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example event: following
                     *     data: {"plugin":"moon"}
                     *
                     *     event: log
                     *     data: {"at":1790000000.0,"level":"info","message":"asked for 2026-12-24"}
                     */
                    "text/event-stream": unknown;
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `conflict` */
            409: components["responses"]["Problem409"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getConfig: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get the configuration in force */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "file": "lumos.toml",
                     *       "config": {
                     *         "models": {
                     *           "default": "openai/gpt-5-mini"
                     *         },
                     *         "agents": {
                     *           "assistant": {
                     *             "tools": [
                     *               "time.*",
                     *               "calculator.*"
                     *             ]
                     *           }
                     *         },
                     *         "plugins": {
                     *           "openai": {
                     *             "settings": {
                     *               "api_key": "env:OPENAI_API_KEY"
                     *             }
                     *           }
                     *         }
                     *       },
                     *       "waiting": []
                     *     }
                     */
                    "application/json": components["schemas"]["ConfigView"];
                };
            };
            /** @description It is as `If-None-Match` says that it was */
            304: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    updateConfig: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The `ETag` of what is to be changed, as the caller saw it; `*` changes it however it is.
                 * @example "9f2c41d0a7b84e53bd0c6a1f57e3920d"
                 */
                "If-Match": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "limits": {
                 *         "steps": 8
                 *       },
                 *       "agents": {
                 *         "old": null
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ConfigPatch"];
            };
        };
        responses: {
            /** @description Change lumos.toml */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "file": "lumos.toml",
                     *       "config": {
                     *         "models": {
                     *           "default": "openai/gpt-5-mini"
                     *         },
                     *         "agents": {
                     *           "assistant": {
                     *             "tools": [
                     *               "time.*",
                     *               "calculator.*"
                     *             ]
                     *           }
                     *         },
                     *         "plugins": {
                     *           "openai": {
                     *             "settings": {
                     *               "api_key": "env:OPENAI_API_KEY"
                     *             }
                     *           }
                     *         }
                     *       },
                     *       "waiting": []
                     *     }
                     */
                    "application/json": components["schemas"]["ConfigView"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `request_timeout` */
            408: components["responses"]["Problem408"];
            /** @description `conflict` */
            409: components["responses"]["Problem409"];
            /** @description `precondition_failed` */
            412: components["responses"]["Problem412"];
            /** @description `body_too_large` */
            413: components["responses"]["Problem413"];
            /** @description `unsupported_media_type` */
            415: components["responses"]["Problem415"];
            /** @description `invalid_input` */
            422: components["responses"]["Problem422"];
            /** @description `precondition_required` */
            428: components["responses"]["Problem428"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `config` or `error` */
            500: components["responses"]["Problem500"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getConfigSchema: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get the JSON Schema of lumos.toml */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "title": "Config",
                     *       "type": "object"
                     *     }
                     */
                    "application/json": components["schemas"]["JsonSchema"];
                };
            };
            /** @description It is as `If-None-Match` says that it was */
            304: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPanels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description List panels */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "data": [
                     *         {
                     *           "id": "moon.tonight",
                     *           "plugin": "moon",
                     *           "title": "Moon",
                     *           "description": "Tonight's moon"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["PanelSummaryList"];
                };
            };
            /** @description It is as `If-None-Match` says that it was */
            304: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPanel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A panel's id.
                 * @example moon.tonight
                 */
                panel_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get what a panel shows now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "title": "Moon",
                     *       "blocks": [
                     *         {
                     *           "kind": "metric",
                     *           "title": "Lit",
                     *           "value": "97 %",
                     *           "columns": [],
                     *           "rows": []
                     *         }
                     *       ],
                     *       "refresh": 60
                     *     }
                     */
                    "application/json": components["schemas"]["PanelViewShape"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tell whether the service answers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok",
                     *       "version": "0.1.0",
                     *       "storage": {
                     *         "ok": true,
                     *         "detail": ""
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Liveness"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tell whether the service can do its work */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "ok",
                     *       "version": "0.1.0",
                     *       "storage": {
                     *         "ok": true,
                     *         "detail": ""
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["Liveness"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get metrics in Prometheus' format */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example # TYPE lumosai_runs_total counter
                     *     lumosai_runs_total 12
                     */
                    "text/plain": unknown;
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getPluginRoute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A plugin's name.
                 * @example moon
                 */
                plugin: string;
                /**
                 * @description What follows the plugin's prefix; it may hold slashes.
                 * @example phase
                 */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description GET what a plugin serves */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "phase": "waxing gibbous"
                     *     }
                     */
                    "*/*": unknown;
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    putPluginRoute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A plugin's name.
                 * @example moon
                 */
                plugin: string;
                /**
                 * @description What follows the plugin's prefix; it may hold slashes.
                 * @example phase
                 */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description PUT what a plugin serves */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "phase": "waxing gibbous"
                     *     }
                     */
                    "*/*": unknown;
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postPluginRoute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A plugin's name.
                 * @example moon
                 */
                plugin: string;
                /**
                 * @description What follows the plugin's prefix; it may hold slashes.
                 * @example phase
                 */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description POST what a plugin serves */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "phase": "waxing gibbous"
                     *     }
                     */
                    "*/*": unknown;
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deletePluginRoute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A plugin's name.
                 * @example moon
                 */
                plugin: string;
                /**
                 * @description What follows the plugin's prefix; it may hold slashes.
                 * @example phase
                 */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description DELETE what a plugin serves */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "phase": "waxing gibbous"
                     *     }
                     */
                    "*/*": unknown;
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchPluginRoute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description A plugin's name.
                 * @example moon
                 */
                plugin: string;
                /**
                 * @description What follows the plugin's prefix; it may hold slashes.
                 * @example phase
                 */
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `not_found` */
            404: components["responses"]["Problem404"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `plugin_error` or `plugin_limit` or `plugin_load` */
            502: components["responses"]["Problem502"];
            /** @description `auth_unavailable` or `plugin_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description `plugin_timeout` */
            504: components["responses"]["Problem504"];
            /** @description PATCH what a plugin serves */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "phase": "waxing gibbous"
                     *     }
                     */
                    "*/*": unknown;
                };
            };
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getRoot: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Tell where to go from here */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "name": "LumosAI",
                     *       "version": "0.1.0",
                     *       "openapi": "/openapi.json",
                     *       "asyncapi": "/asyncapi.json",
                     *       "docs": "/docs",
                     *       "health": "/healthz"
                     *     }
                     */
                    "application/json": components["schemas"]["Pointer"];
                };
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getOpenAPI: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get this document */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "openapi": "3.1.0"
                     *     }
                     */
                    "application/json": components["schemas"]["SpecDocument"];
                };
            };
            /** @description It is as `If-None-Match` says that it was */
            304: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getAsyncAPI: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Get the AsyncAPI document of the WebSocket */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "asyncapi": "3.0.0"
                     *     }
                     */
                    "application/json": components["schemas"]["SpecDocument"];
                };
            };
            /** @description It is as `If-None-Match` says that it was */
            304: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getDocs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Read about the operations in a browser */
            200: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content: {
                    /** @example <!doctype html> */
                    "text/html": unknown;
                };
            };
            /** @description It is as `If-None-Match` says that it was */
            304: {
                headers: {
                    /** @description Names this state of it, for `If-None-Match` (answered 304) and `If-Match`. */
                    ETag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `bad_request` */
            400: components["responses"]["Problem400"];
            /** @description `unauthenticated` */
            401: components["responses"]["Problem401"];
            /** @description `permission_denied` */
            403: components["responses"]["Problem403"];
            /** @description `too_many_requests` */
            429: components["responses"]["Problem429"];
            /** @description `head_too_large` */
            431: components["responses"]["Problem431"];
            /** @description `error` */
            500: components["responses"]["Problem500"];
            /** @description `auth_unavailable` or `stopping` */
            503: components["responses"]["Problem503"];
            /** @description What went wrong */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:lumosai:problem:not_found",
                     *       "title": "Not Found",
                     *       "status": 404,
                     *       "detail": "no agent 'asistant'; did you mean 'assistant'?",
                     *       "code": "not_found",
                     *       "hint": "lumos agents",
                     *       "request_id": "req_6f1d0c9be2a44d17"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
