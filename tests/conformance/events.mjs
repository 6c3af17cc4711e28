/**
 * Follow an event stream through every cut, and say each frame that comes.  An EventSource comes
 * back by itself with its `Last-Event-ID`; where the server refuses it (a browser's ticket is
 * used up), `open(since)` makes a new one.
 */
export function follow(open, say) {
  let since = "now";

  async function connect() {
    let source;
    try {
      source = await open(since);
    } catch {
      setTimeout(connect, 50);
      return;
    }
    for (const name of ["subd", "ev", "skip", "live", "reset", "unsubd"]) {
      source.addEventListener(name, ({ data, lastEventId }) => {
        since = lastEventId || since;
        say(data);
      });
    }
    source.onerror = () => {
      if (source.readyState === 2) setTimeout(connect, 50);
    };
  }

  connect();
}
