// Running the same work on several threads.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace pyllm {

// Runs work(index) for index 0 to count - 1, each on a thread of its own, and poll() on this one ten times a second
// until all are done. The first exception of any is thrown here, after all have ended; `stop` tells the others to end
// early. Where the system gives fewer threads, fewer run: work must take its share from a common queue.
template <class Work, class Poll>
void run_threads(size_t count, std::atomic<bool>& stop, Work work, Poll poll) {
    std::mutex mutex;
    std::condition_variable ended;
    size_t running = 0;
    std::exception_ptr error;
    std::vector<std::thread> threads;
    for (size_t index = 0; index < count; ++index) {
        std::lock_guard<std::mutex> lock(mutex);
        try {
            threads.emplace_back([&, index] {
                std::exception_ptr thrown;
                try {
                    work(index);
                } catch (...) {
                    thrown = std::current_exception();
                    stop = true;
                }
                std::lock_guard<std::mutex> end(mutex);
                if (thrown && !error) error = thrown;
                --running;
                ended.notify_all();
            });
            ++running;
        } catch (const std::system_error&) {
            if (index == 0) throw;
            break;
        }
    }
    for (;;) {
        {
            std::unique_lock<std::mutex> lock(mutex);
            if (ended.wait_for(lock, std::chrono::milliseconds(100), [&] { return running == 0; })) break;
        }
        try {
            if (!stop) poll();
        } catch (...) {
            std::lock_guard<std::mutex> lock(mutex);
            if (!error) error = std::current_exception();
            stop = true;
        }
    }
    for (std::thread& thread : threads) thread.join();
    if (error) std::rethrow_exception(error);
}

}  // namespace pyllm
