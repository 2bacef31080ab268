// A server of the S3 protocol over a folder, which checks signatures; ends with its standard input.
const S3rver = require('s3rver');
const [port, directory] = process.argv.slice(2);
const server = new S3rver({
  port: Number(port), address: '127.0.0.1', silent: true, directory,
  configureBuckets: [{ name: 'packages', configs: [] }],
});
server.run().then(() => console.log('ready'));
process.stdin.on('end', () => process.exit()).resume();
