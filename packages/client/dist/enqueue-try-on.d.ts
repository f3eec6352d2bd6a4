/** The list. The message is pushed at its head. */
export declare const TRY_ON_LIST = "wearon:tasks:generation";
/** Whose session it is: a store's (b2b), or a person's (b2c). */
type Owner = {
    readonly channel: 'b2b';
    readonly storeId: string;
} | {
    readonly channel: 'b2c';
    readonly userId: string;
};
export type TryOnTask = Owner & {
    /** The id of the session's row. All ids are UUIDs. */
    readonly sessionId: string;
    /** The person first, then the outfit, then accessories: links that the worker may open. */
    readonly imageUrls: readonly string[];
    readonly prompt: string;
    /** The ledger's key of a store's credit, exactly as it stands there. */
    readonly requestId: string;
    /** Default: a new one. */
    readonly taskId?: string;
    /** When it was ordered; the task's deadline counts from here. Default: now. */
    readonly createdAt?: Date;
};
/** A connection to Redis, such as one of `ioredis`. */
export interface TaskList {
    lpush(list: string, message: string): Promise<unknown>;
}
/** The message as the platform writes it. Throws a TypeError that says what the worker would reject. */
export declare function tryOnMessage(task: TryOnTask): string;
/**
 * Pushes the task; resolves once Redis has it. A rejection does not say that it is not on the list:
 * push the same task again, since a session is worked on once.
 */
export declare function enqueueTryOn(redis: TaskList, task: TryOnTask): Promise<void>;
export {};
