/**
 * Makes metrics in one registry, all named `wearon_…`, and with every known label value there from
 * the start: Prometheus cannot see the increase of a counter that appears with its first count.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export const METRIC_PREFIX = 'wearon_';

export interface Meters {
  /** Adds to the counter; `known` lists label values to begin with at 0. */
  counter<L extends string>(
    name: string,
    help: string,
    known?: readonly Readonly<Record<L, string>>[],
  ): (labels?: Readonly<Record<L, string>>, by?: number) => void;
  /** Takes durations in milliseconds down, in seconds. */
  duration<L extends string>(
    name: string,
    help: string,
    details: { readonly buckets: readonly number[]; readonly labels?: readonly L[] },
  ): (ms: number, labels?: Readonly<Record<L, string>>) => void;
  /** Read when it is scraped, so it must be cheap; null leaves it out of the scrape. */
  gauge(name: string, help: string, read: () => number | null): void;
  /** As `gauge`, with one value for each value of a label. */
  gauges(
    name: string,
    help: string,
    label: string,
    read: () => Readonly<Record<string, number>> | null,
  ): void;
  /** As `gauge`, with one value for each set of labels. */
  gaugeRows<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    read: () => readonly {
      readonly labels: Readonly<Record<L, string>>;
      readonly value: number;
    }[],
  ): void;
}

/** Metrics of this registry and no other. */
export function metersOf(registry: Registry): Meters {
  const registers = [registry];
  const gaugeRows: Meters['gaugeRows'] = (name, help, labels, read) => {
    new Gauge({
      name: METRIC_PREFIX + name,
      help,
      labelNames: [...labels] as string[],
      registers,
      collect() {
        this.reset();
        for (const row of read()) this.set(row.labels, row.value);
      },
    });
  };
  return {
    counter(name, help, known) {
      const labelNames = Object.keys(known?.[0] ?? {});
      const counter = new Counter({ name: METRIC_PREFIX + name, help, labelNames, registers });
      for (const labels of known ?? []) counter.inc(labels, 0);
      return (labels, by = 1) => (labels ? counter.inc(labels, by) : counter.inc(by));
    },
    duration(name, help, { buckets, labels: labelNames = [] }) {
      const options = { labelNames: [...labelNames] as string[], buckets: [...buckets], registers };
      const histogram = new Histogram({ name: METRIC_PREFIX + name, help, ...options });
      return (ms, labels) => histogram.observe(labels ?? {}, ms / 1000);
    },
    gauge(name, help, read) {
      new Gauge({
        name: METRIC_PREFIX + name,
        help,
        registers,
        collect() {
          const value = read();
          if (value === null) this.remove();
          else this.set(value);
        },
      });
    },
    gaugeRows,
    gauges(name, help, label, read) {
      gaugeRows(name, help, [label], () =>
        Object.entries(read() ?? {}).map(([key, value]) => ({ labels: { [label]: key }, value })),
      );
    },
  };
}
