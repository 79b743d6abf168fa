"""How kernels are compiled and run: compilation, SIMD lanes, random bits, threads, arrays on disk."""
