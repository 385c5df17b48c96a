declare module 'crc-32/crc32c.js' {
  export { bstr, buf, str, version } from 'crc-32';

  import CRC32 from 'crc-32';
  export default CRC32;
}
