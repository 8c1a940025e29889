const { default: Sequencer } = require('@jest/test-sequencer');

/** What waits for servers and timers first, so that no core is left idle at the end: folders from the longest to the shortest. */
const FOLDERS = ['services', 'workflow', 'replay', 'database', 'browser', 'unit'];

const rankOf = ({ path }) => FOLDERS.findIndex((folder) => path.includes(`/tests/${folder}/`));

/** Within a folder jest's own order: by the last run's durations, in a fresh clone by size. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => rankOf(a) - rankOf(b));
  }
};
