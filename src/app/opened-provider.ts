/** What opening an image provider takes, and what it gives. */
import type { ImageProvider } from '../ports/image-provider.ts';
import type { VendorWatch } from './vendor-watch.ts';

export interface OpenDeps {
  /** Gets what an operator should know of the configuration. */
  readonly warn: (warning: string) => void;
  readonly stack: AsyncDisposableStack;
}

/** A provider with the settings of one channel. */
export interface OpenedProvider {
  readonly provider: ImageProvider;
  /** Begins to ask whether the vendor takes what is configured; `onError` gets what says nothing of that. */
  readonly watch: (onError: (error: Error) => void) => VendorWatch;
}
