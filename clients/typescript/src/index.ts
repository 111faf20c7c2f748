export { LumosClient, type ClientOptions, type FollowOptions } from "./client.js";
export { eventsOf, type ServerSentEvent } from "./events.js";
export { ConnectionFailedError, ProblemError, type ProblemMembers } from "./problem.js";
export type { Retries } from "./retry.js";
export type * from "./schema.js";
export type { ClientFrame, ServerFrame } from "./frames.js";
export { LumosSocket, type SocketOptions, type TopicEvent } from "./socket.js";
