/* News that modules share: a module exports a signal, and others listen to it. */

/**
 * @template T
 * @returns {{ listen: (heard: (news: T) => void) => void, send: (news: T) => void }}
 */
export function createSignal() {
  const listeners = new Set();
  return {
    listen(heard) { listeners.add(heard); },
    send(news) {
      for (const heard of [...listeners]) {
        // the others hear it all the same
        try {
          heard(news);
        } catch (error) {
          console.error(error);
        }
      }
    },
  };
}
