/**
 * The image fetchers of tasks and of sizes: one guard, with the hosts that either may use.
 */
import { WebImageFetcher } from '../adapters/web/image-fetcher.ts';
import type { Config } from '../config.ts';

type HostSettings = Pick<
  Config,
  'supabaseUrl' | 'imageTrustedOrigins' | 'imageHostAllowlist' | 'estimateBodyHosts'
>;

/** Opens both; they come off the stack. */
export function openFetchers(config: HostSettings, stack: AsyncDisposableStack) {
  const trustedOrigins = [new URL(config.supabaseUrl).origin, ...config.imageTrustedOrigins];
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
