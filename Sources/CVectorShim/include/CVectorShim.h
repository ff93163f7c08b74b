#ifndef CVECTORSHIM_H
#define CVECTORSHIM_H

#pragma clang assume_nonnull begin

// Single instructions of inner loops; in a header, so that nothing is called.

// Prefetches the cache line at p, to be read or written, into the second-level cache, and goes on at once; any address
// will do. Not into the first, which is measured slower (docs/kernels.md): a core has few places for lines on their way
// there, and loops need them for lines from the second. Swift has no name for the instruction.
static inline void vectorshim_prefetch(const float *p) { __builtin_prefetch(p, 0, 2); }

// p, of which the compiler forgets how it was computed, so that it computes nothing else from what p came from. Swift has
// no assembly.
static inline __attribute__((always_inline)) const float *vectorshim_opaque(const float *p) {
    __asm__("" : "+r"(p));
    return p;
}

// to = from, for the sixteen floats of a line that nobody reads soon. Stores that pass the caches spare
// the reading of every line that is about to be overwritten; Swift has no name for them. Others may
// see later stores first, until vectorshim_fence.
typedef float vectorshim_line __attribute__((vector_size(64)));
typedef float vectorshim_floats __attribute__((vector_size(64), aligned(4)));
static inline __attribute__((always_inline)) void vectorshim_stream(float *to, const float *from) {
    __builtin_nontemporal_store(*(const vectorshim_floats *)from, (vectorshim_line *)to);
}

// Whoever sees what this thread stores from now on also sees what it has streamed.
static inline void vectorshim_fence(void) {
#if defined(__SSE__)
    __builtin_ia32_sfence();
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

// to = from, for sixteen whole numbers from 0 to 255. Swift's conversions of vectors go lane by lane.
typedef unsigned char vectorshim_bytes __attribute__((vector_size(16), aligned(1)));
static inline __attribute__((always_inline)) void vectorshim_narrow(unsigned char *to, const float *from) {
    *(vectorshim_bytes *)to = __builtin_convertvector(*(const vectorshim_floats *)from, vectorshim_bytes);
}
static inline __attribute__((always_inline)) void vectorshim_widen(float *to, const unsigned char *from) {
    *(vectorshim_floats *)to = __builtin_convertvector(*(const vectorshim_bytes *)from, vectorshim_floats);
}

// Whether any of sixteen floats is above the one at its place in limits; NaN is not. Swift reduces masks lane by lane.
static inline __attribute__((always_inline)) int vectorshim_any_above(const float *x, const float *limits) {
    return __builtin_reduce_or(*(const vectorshim_floats *)x > *(const vectorshim_floats *)limits);
}

// y = min(max(scale · y + shift, low), high) for sixteen floats, rounded once before the limits; NaN stays NaN. Of several such
// rows the optimizer leaves Swift's as calls, which take registers through memory.
typedef int vectorshim_mask __attribute__((vector_size(64)));
static inline __attribute__((always_inline)) void vectorshim_norm(
    float *y, const float *scale, const float *shift, float low, float high
) {
    vectorshim_floats v = __builtin_elementwise_fma(
        *(const vectorshim_floats *)y, *(const vectorshim_floats *)scale, *(const vectorshim_floats *)shift
    );
    const vectorshim_floats lows = low - (vectorshim_floats){}, highs = high - (vectorshim_floats){};
    const vectorshim_mask below = v < lows;
    v = (vectorshim_floats)(((vectorshim_mask)lows & below) | ((vectorshim_mask)v & ~below));
    const vectorshim_mask above = v > highs;
    v = (vectorshim_floats)(((vectorshim_mask)highs & above) | ((vectorshim_mask)v & ~above));
    *(vectorshim_floats *)y = v;
}

// √x. Swift's may call the C library for an x below zero, and so makes no vectors of a loop.
static inline __attribute__((always_inline)) float vectorshim_root(float x) { return __builtin_elementwise_sqrt(x); }

// x + factor · y of one register, rounded once. Swift's addingProduct goes lane by lane and leaves it to the
// optimizer to find the register again; in transforms it finds halves, and what is written in halves and
// read whole waits for the cache: 1.15 to 1.2 times as slow.
#define VECTORSHIM_FUSED(lanes)                                                                       \
    typedef float vectorshim_register##lanes __attribute__((ext_vector_type(lanes)));                 \
    static inline __attribute__((always_inline)) vectorshim_register##lanes vectorshim_fused##lanes(  \
        vectorshim_register##lanes x, vectorshim_register##lanes factor, vectorshim_register##lanes y \
    ) {                                                                                               \
        return __builtin_elementwise_fma(factor, y, x);                                               \
    }

#if defined(__AVX512F__)
VECTORSHIM_FUSED(16)
#elif defined(__FMA__)
VECTORSHIM_FUSED(8)
#elif defined(__ARM_FEATURE_FMA)
VECTORSHIM_FUSED(4)
#endif

// The first n floats at p with zeros behind them, and the first n lanes of x to p: by the registers' masks, which leave
// the memory behind them alone. Swift has no name for the instructions, and lane by lane takes ten times as long.
#if defined(__AVX512F__)
static inline __attribute__((always_inline)) vectorshim_register16 vectorshim_load_first16(const float *p, int n) {
    return __builtin_ia32_loadups512_mask(
        p, (vectorshim_register16)0.0f, (unsigned short)((1u << n) - 1)
    );
}
static inline __attribute__((always_inline)) void vectorshim_store_first16(
    float *p, vectorshim_register16 x, int n
) {
    __builtin_ia32_storeups512_mask(p, x, (unsigned short)((1u << n) - 1));
}
#elif defined(__AVX__)
typedef int vectorshim_mask8 __attribute__((ext_vector_type(8)));
static inline __attribute__((always_inline)) vectorshim_mask8 vectorshim_first8(int n) {
    return (vectorshim_mask8){0, 1, 2, 3, 4, 5, 6, 7} < (vectorshim_mask8)n;
}
static inline __attribute__((always_inline)) vectorshim_register8 vectorshim_load_first8(const float *p, int n) {
    return __builtin_ia32_maskloadps256((const vectorshim_register8 *)p, vectorshim_first8(n));
}
static inline __attribute__((always_inline)) void vectorshim_store_first8(float *p, vectorshim_register8 x, int n) {
    __builtin_ia32_maskstoreps256((vectorshim_register8 *)p, vectorshim_first8(n), x);
}
#endif

#pragma clang assume_nonnull end

#endif
