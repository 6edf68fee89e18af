/* Runs first under whatever Node the machine has, so it is plain ES5: says what to do when Node is too old. */
var major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    'hetao needs Node 24 or newer, this is ' +
      process.version +
      '.\nRun it through the npm scripts after `npm ci`: the lock file brings its own Node 24.\n' +
      'On a system without a packaged binary, install Node 24 LTS and run `npm ci` again.\n',
  )
  process.exit(2)
}
