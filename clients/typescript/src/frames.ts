// Made from docs/reference by `make clients`.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Auth
         * @description Tells whose the connection is, where neither a header nor the subprotocol did; it is then the first frame.
         */
        Auth: {
            /**
             * Id
             * @description Anything; answers to this frame carry it.
             * @default null
             */
            id?: string | number | null;
            /**
             * Type
             * @constant
             */
            type: "auth";
            /** Token */
            token: string;
        };
        /**
         * Bounds
         * @description What a connection may hold.
         */
        Bounds: {
            /** Message Bytes */
            message_bytes: number;
            /** Messages Per Second */
            messages_per_second: number;
            /** Subscriptions */
            subscriptions: number;
            /** Runs */
            runs: number;
        };
        /**
         * Cancel
         * @description Cancels a run.
         */
        Cancel: {
            /**
             * Id
             * @description Anything; answers to this frame carry it.
             * @default null
             */
            id?: string | number | null;
            /**
             * Type
             * @constant
             */
            type: "cancel";
            /** Run Id */
            run_id: string;
        };
        /**
         * Cancelling
         * @description A run is being cancelled.
         */
        Cancelling: {
            /**
             * Type
             * @constant
             */
            type: "cancelling";
            /**
             * Id
             * @default null
             */
            id?: string | number | null;
            /** Run Id */
            run_id: string;
        };
        /**
         * Decide
         * @description Approves, declines or answers what a suspended run waits for, and so goes on with it.
         */
        Decide: {
            /**
             * Id
             * @description Anything; answers to this frame carry it.
             * @default null
             */
            id?: string | number | null;
            /** Decisions */
            decisions: {
                [key: string]: components["schemas"]["DecisionIn"];
            };
            /**
             * Stream
             * @description It always is.
             * @default true
             * @constant
             */
            stream?: true;
            /**
             * Type
             * @constant
             */
            type: "decide";
            /** Run Id */
            run_id: string;
            /**
             * Keep
             * @description Go on without the connection; otherwise its end cancels the run.
             * @default false
             */
            keep?: boolean;
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
         * Draining
         * @description The last frame before 1012, the service restarts: come back and go on from `resume`, an id for each topic.
         */
        Draining: {
            /**
             * Type
             * @constant
             */
            type: "draining";
            /** Resume */
            resume: {
                [key: string]: string | null;
            };
        };
        /**
         * EventView
         * @description An event of a run; what else it has depends on its type.
         */
        EventView: {
            /** Type */
            type: string;
            /** Run Id */
            run_id: string;
            /** Seq */
            seq: number;
            /** At */
            at: number;
        };
        /**
         * Failed
         * @description A frame, or the run it started, came to nothing: an error as over HTTP (RFC 9457).
         */
        Failed: {
            /**
             * Type
             * @constant
             */
            type: "problem";
            /**
             * Id
             * @default null
             */
            id?: string | number | null;
            problem: components["schemas"]["Problem"];
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
         * Gap
         * @description Events of a topic between `after` and those that follow are not to be had any more.
         */
        Gap: {
            /**
             * Type
             * @constant
             */
            type: "gap";
            /** Topic */
            topic: string;
            /** After */
            after: string;
        };
        /**
         * Happened
         * @description An event of a topic. `id` is where to go on from; of a run it is the event's `seq`.
         */
        Happened: {
            /**
             * Type
             * @constant
             */
            type: "event";
            /** Topic */
            topic: string;
            /** Id */
            id: string;
            event: components["schemas"]["EventView"];
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
         * Overflow
         * @description The last frame to a client that reads too slowly, before 4008: go on from `resume`, an id for each topic.
         */
        Overflow: {
            /**
             * Type
             * @constant
             */
            type: "overflow";
            /** Resume */
            resume: {
                [key: string]: string | null;
            };
        };
        /**
         * Ping
         * @description Asks whether anybody is there.
         */
        Ping: {
            /**
             * Id
             * @description Anything; answers to this frame carry it.
             * @default null
             */
            id?: string | number | null;
            /**
             * Type
             * @constant
             */
            type: "ping";
        };
        /**
         * Pong
         * @description Somebody is here.
         */
        Pong: {
            /**
             * Type
             * @constant
             */
            type: "pong";
            /**
             * Id
             * @default null
             */
            id?: string | number | null;
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
         * Quiet
         * @description Nothing has happened for a while, and the connection is alive. It need not be answered.
         */
        Quiet: {
            /**
             * Type
             * @constant
             */
            type: "ping";
            /** At */
            at: number;
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
         * Run
         * @description Runs an agent and follows the run.
         */
        Run: {
            /**
             * Id
             * @description Anything; answers to this frame carry it.
             * @default null
             */
            id?: string | number | null;
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
             * @description It always is.
             * @default true
             * @constant
             */
            stream?: true;
            /**
             * Type
             * @constant
             */
            type: "run";
            /** Agent */
            agent: string;
            /**
             * Keep
             * @description Go on without the connection; otherwise its end cancels the run.
             * @default false
             */
            keep?: boolean;
            /**
             * Traceparent
             * @description As the header of that name (W3C Trace Context); what is none is passed over.
             * @default
             */
            traceparent?: string;
            /**
             * Tracestate
             * @description As the header of that name.
             * @default
             */
            tracestate?: string;
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
         * Started
         * @description A run is started, or (`decide`) goes on.
         */
        Started: {
            /**
             * Type
             * @constant
             */
            type: "started";
            /**
             * Id
             * @default null
             */
            id?: string | number | null;
            /** Run Id */
            run_id: string;
            /** Topic */
            topic: string;
        };
        /**
         * Subscribe
         * @description Follows a topic, from after an event on; without `after`, a run from its first event, others from now on.
         */
        Subscribe: {
            /**
             * Id
             * @description Anything; answers to this frame carry it.
             * @default null
             */
            id?: string | number | null;
            /**
             * Type
             * @constant
             */
            type: "subscribe";
            /**
             * Topic
             * @description `run.<id>`, `runs`, `plugin.*`, `plugin.<name>` or `system.*`.
             */
            topic: string;
            /**
             * After
             * @description The `id` of the last event that was seen.
             * @default null
             */
            after?: string | null;
        };
        /**
         * Subscribed
         * @description A topic is followed; its events come after this.
         */
        Subscribed: {
            /**
             * Type
             * @constant
             */
            type: "subscribed";
            /**
             * Id
             * @default null
             */
            id?: string | number | null;
            /** Topic */
            topic: string;
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
         * Unsubscribe
         * @description Follows a topic no more.
         */
        Unsubscribe: {
            /**
             * Id
             * @description Anything; answers to this frame carry it.
             * @default null
             */
            id?: string | number | null;
            /**
             * Type
             * @constant
             */
            type: "unsubscribe";
            /** Topic */
            topic: string;
        };
        /**
         * Unsubscribed
         * @description A topic is followed no more. `reason` is `asked`, or `ended` for a run that has, with its `status`.
         */
        Unsubscribed: {
            /**
             * Type
             * @constant
             */
            type: "unsubscribed";
            /**
             * Id
             * @default null
             */
            id?: string | number | null;
            /** Topic */
            topic: string;
            /**
             * Reason
             * @enum {string}
             */
            reason: "asked" | "ended";
            /**
             * Status
             * @default null
             */
            status?: string | null;
        };
        /**
         * Welcome
         * @description The first frame: the caller is known, and frames are taken.
         */
        Welcome: {
            /**
             * Type
             * @constant
             */
            type: "welcome";
            /** Version */
            version: string;
            /** Caller */
            caller: string;
            bounds: components["schemas"]["Bounds"];
        };
        ClientFrame: components["schemas"]["Auth"] | components["schemas"]["Subscribe"] | components["schemas"]["Unsubscribe"] | components["schemas"]["Run"] | components["schemas"]["Cancel"] | components["schemas"]["Decide"] | components["schemas"]["Ping"];
        ServerFrame: components["schemas"]["Welcome"] | components["schemas"]["Subscribed"] | components["schemas"]["Unsubscribed"] | components["schemas"]["Happened"] | components["schemas"]["Gap"] | components["schemas"]["Started"] | components["schemas"]["Cancelling"] | components["schemas"]["Pong"] | components["schemas"]["Quiet"] | components["schemas"]["Failed"] | components["schemas"]["Overflow"] | components["schemas"]["Draining"];
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Auth = components['schemas']['Auth'];
export type Bounds = components['schemas']['Bounds'];
export type Cancel = components['schemas']['Cancel'];
export type Cancelling = components['schemas']['Cancelling'];
export type Decide = components['schemas']['Decide'];
export type DecisionIn = components['schemas']['DecisionIn'];
export type Draining = components['schemas']['Draining'];
export type EventView = components['schemas']['EventView'];
export type Failed = components['schemas']['Failed'];
export type FieldError = components['schemas']['FieldError'];
export type FunctionIn = components['schemas']['FunctionIn'];
export type Gap = components['schemas']['Gap'];
export type Happened = components['schemas']['Happened'];
export type ImageIn = components['schemas']['ImageIn'];
export type ImageUrlIn = components['schemas']['ImageUrlIn'];
export type MessageIn = components['schemas']['MessageIn'];
export type Overflow = components['schemas']['Overflow'];
export type Ping = components['schemas']['Ping'];
export type Pong = components['schemas']['Pong'];
export type Problem = components['schemas']['Problem'];
export type Quiet = components['schemas']['Quiet'];
export type RefusalIn = components['schemas']['RefusalIn'];
export type Run = components['schemas']['Run'];
export type RunLimits = components['schemas']['RunLimits'];
export type Started = components['schemas']['Started'];
export type Subscribe = components['schemas']['Subscribe'];
export type Subscribed = components['schemas']['Subscribed'];
export type TextIn = components['schemas']['TextIn'];
export type ToolCallIn = components['schemas']['ToolCallIn'];
export type Unsubscribe = components['schemas']['Unsubscribe'];
export type Unsubscribed = components['schemas']['Unsubscribed'];
export type Welcome = components['schemas']['Welcome'];
export type ClientFrame = components['schemas']['ClientFrame'];
export type ServerFrame = components['schemas']['ServerFrame'];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
