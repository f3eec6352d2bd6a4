/**
 * The platform's side of everything the worker takes part in, for tests, the demo and load: what it
 * does is done through Supabase and Redis exactly as in production.
 */
export {
  balanceOf,
  type Customer,
  createOverageStore,
  createPerson,
  createShopper,
  createStore,
} from './platform/accounts.ts';
export { openPlatform, type Platform } from './platform/connection.ts';
export {
  cleanupStore,
  deletePerson,
  deleteStore,
  recoverStuckJobs,
} from './platform/other-writers.ts';
export { uploadPhoto } from './platform/photos.ts';
export { eventsOf, ledgerOf, sessionOf } from './platform/records.ts';
export { TASK_LIST } from './platform/task-message.ts';
export {
  prepareTryOn,
  refundFailedPush,
  requestTryOn,
  type TryOn,
  type TryOnOrder,
} from './platform/try-on.ts';
