/** How much memory a process took. Linux only. */
import { readFileSync } from 'node:fs';

/** The kernel's high-water mark of this process in 10^6 bytes; unlike `maxRSS` it does not start at its parent's. */
export function peakRssMb(): number {
  const [, kibibytes] =
    /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return (Number(kibibytes) * 1024) / 1e6;
}
