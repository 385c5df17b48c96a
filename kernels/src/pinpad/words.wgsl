// Random words of an episode one after the other, as the host's world draws them: counter (block, stream, episode low, episode high).
// `random` is (key low, key high, first episode low, first episode high).
import fragments::philox;

var<private> counter: vec4<u32>;
var<private> words: vec4<u32>;
var<private> used: u32;

/** The number of the n-th episode of the launch. */
fn episodeOf(n: u32) -> vec2<u32> {
  let low = random[2] + n;
  return vec2<u32>(low, random[3] + select(0u, 1u, low < n));
}

fn seek(stream: u32, episode: vec2<u32>) {
  counter = vec4<u32>(0u, stream, episode.x, episode.y);
  used = 4u;
}

fn word() -> u32 {
  if (used == 4u) {
    words = philox(counter, vec2<u32>(random[0], random[1]));
    counter.x++;
    used = 0u;
  }
  used++;
  return words[used - 1u];
}

/** A uniform integer below `bound`. */
fn below(bound: u32) -> u32 {
  return multiplyHigh(word(), bound);
}
