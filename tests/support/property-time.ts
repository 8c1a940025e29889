import fc from 'fast-check';

// A property that fails says what it found before jest stops it: looking for a smaller example takes as long as it is let.
fc.installGlobalPlugin(fc.interruptAfterTimeLimit(100_000, { failOnInterrupt: true }));
