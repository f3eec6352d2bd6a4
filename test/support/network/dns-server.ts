/** A DNS server on loopback that knows a few names, and says nothing about others. */
import { createSocket } from 'node:dgram';

/** What a name has: addresses of either kind, an alias, or a DNS error (3 NXDOMAIN, 2 SERVFAIL, 5 REFUSED). */
export interface DnsRecord {
  /** Another name, whose addresses are not in the answer. */
  readonly cname?: string;
  readonly a?: readonly string[];
  /** As 32 hexadecimal digits each. */
  readonly aaaa?: readonly string[];
  readonly rcode?: number;
}

export interface DnsServer extends AsyncDisposable {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** The names that were asked for, oldest first, once per question. */
  readonly asked: readonly string[];
}

const TYPE_A = 1;
const TYPE_CNAME = 5;
const TYPE_AAAA = 28;

/** Starts it. A name without an entry gets no answer, ever. */
export async function startDnsServer(
  records: Readonly<Record<string, DnsRecord>>,
): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = questionOf(query);
    asked.push(name);
    const record = records[name];
    if (record !== undefined)
      socket.send(answer(query.subarray(0, end), type, record), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}

function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function answer(
  question: Buffer,
  type: number,
  { cname, a = [], aaaa = [], rcode = 0 }: DnsRecord,
): Buffer {
  const ipv4 = type === TYPE_A ? a.map((ip) => Buffer.from(ip.split('.').map(Number))) : [];
  const ipv6 = type === TYPE_AAAA ? aaaa.map((hex) => Buffer.from(hex, 'hex')) : [];
  const records = [
    ...(cname === undefined ? [] : [resourceRecord(TYPE_CNAME, encodeName(cname))]),
    ...[...ipv4, ...ipv6].map((data) => resourceRecord(type, data)),
  ];
  const reply = Buffer.concat([question, ...records]);
  reply.writeUInt16BE(0x8180 | rcode, 2);
  reply.writeUInt16BE(1, 4);
  reply.writeUInt16BE(records.length, 6);
  reply.writeUInt32BE(0, 8);
  return reply;
}

/** The name as a pointer to the question, the type, class IN, 60 s, the length of the data. */
function resourceRecord(type: number, data: Buffer): Buffer {
  const head = Buffer.from([0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]);
  return Buffer.concat([head, data]);
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => `${String.fromCharCode(label.length)}${label}`);
  return Buffer.from(`${labels.join('')}\0`, 'latin1');
}
