/**
 * The image fetchers of tasks, of sizes and of the vendors' pictures: one guard, with the hosts that each may use.
 */
import { WebImageFetcher } from '../adapters/web/image-fetcher.ts';
import type { Config } from '../config.ts';
import type { FetchPicture } from '../ports/image-provider.ts';

type HostSettings = Pick<
  Config,
  'supabaseUrl' | 'imageTrustedOrigins' | 'imageHostAllowlist' | 'estimateBodyHosts'
>;

/** Opens those of tasks and of sizes; `stack` disposes of them. */
export function openFetchers(config: HostSettings, stack: AsyncDisposableStack) {
  const trustedOrigins = [config.supabaseUrl, ...config.imageTrustedOrigins];
  const open = (hostAllowlist: readonly string[] | null) =>
    stack.use(new WebImageFetcher({ trustedOrigins, hostAllowlist }));
  return { fetcher: open(taskHosts(config)), sizingFetcher: open(sizingHosts(config)) };
}

function taskHosts({ imageHostAllowlist }: HostSettings): readonly string[] | null {
  return imageHostAllowlist.length > 0 ? imageHostAllowlist : null;
}

/**
 * Anyone may call `/estimate-body`, so that by default it fetches what the platform lets through:
 * photos on Supabase's host and its subdomains.
 */
function sizingHosts(config: HostSettings): readonly string[] | null {
  if (config.estimateBodyHosts.includes('*')) return taskHosts(config);
  const { hostname } = new URL(config.supabaseUrl);
  return [hostname, `.${hostname}`, ...config.estimateBodyHosts];
}

/** A picture in base64 is under 30 MB; as a file it is smaller. */
const MAX_PICTURE_BYTES = 32 * 1024 * 1024;
const PICTURE_TIMEOUT_MS = 30_000;

/** Fetches the pictures that an answer links to: from these hosts (null: any public one) and the API's own origin. */
export function openPictureFetcher(
  baseUrl: string,
  hostAllowlist: readonly string[] | null,
  stack: AsyncDisposableStack,
): FetchPicture {
  const trustedOrigins = [new URL(baseUrl).origin];
  const options = { trustedOrigins, hostAllowlist, maxBytes: MAX_PICTURE_BYTES };
  const fetcher = stack.use(new WebImageFetcher(options));
  return (url, signal) => fetcher.fetch(url, { timeoutMs: PICTURE_TIMEOUT_MS, signal });
}
