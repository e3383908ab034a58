// Packs a folder into a zip file with fixed times and order, so that the same
// files give the same bytes. usage: node zip.mjs FOLDER OUT.zip
// Format: PKWARE APPNOTE.TXT 6.3.10, §4.3; Node has deflate and CRC-32 built in.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

const [folder, out] = process.argv.slice(2);
const date = 0x5c21; // 1 January 2026, DOS format
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
  .sort();

const parts = [];
const directory = [];
let offset = 0;
for (const name of files) {
  const data = readFileSync(join(folder, name));
  const packed = deflateRawSync(data, { level: 9 });
  const path = Buffer.from(name);
  const common = Buffer.alloc(26); // the fields that both headers share
  common.writeUInt16LE(20, 0); // version needed
  common.writeUInt16LE(0x0800, 2); // names are UTF-8
  common.writeUInt16LE(8, 4); // deflate
  common.writeUInt16LE(0, 6);
  common.writeUInt16LE(date, 8);
  common.writeUInt32LE(crc32(data), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(data.length, 18);
  common.writeUInt16LE(path.length, 22);
  parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, path, packed);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE((0o100644 << 16) >>> 0, 6);
  rest.writeUInt32LE(offset, 10);
  directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, rest, path);
  offset += 4 + common.length + path.length + packed.length;
}
const central = Buffer.concat(directory);
const end = Buffer.alloc(18);
end.writeUInt16LE(files.length, 4);
end.writeUInt16LE(files.length, 6);
end.writeUInt32LE(central.length, 8);
end.writeUInt32LE(offset, 12);
writeFileSync(out, Buffer.concat([...parts, central, Buffer.from('PK\x05\x06', 'latin1'), end]));
