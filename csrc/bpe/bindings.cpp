// The Python module pyllm._bpe: objects with state, texts in and ids out. What an argument means is documented in
// pyllm/_bpe.pyi; what a person may pass is checked in pyllm/tokenizer.py.
#include <pybind11/functional.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <limits>

#include "encoder.h"
#include "merge_learner.h"
#include "piece_counter.h"

namespace py = pybind11;
using namespace pyllm;

namespace {

// Texts from Python as bytes, kept alive while C++ reads them: str (as UTF-8), bytes, or any contiguous buffer.
class Texts {
  public:
    explicit Texts(const py::iterable& texts) {
        for (const py::handle text : texts) add(text);
    }
    explicit Texts(const py::handle& text) { add(text); }
    Texts(const Texts&) = delete;
    const std::vector<Bytes>& bytes() const { return bytes_; }
    const Bytes& only() const { return bytes_[0]; }

  private:
    void add(const py::handle& text) {
        if (PyUnicode_Check(text.ptr())) {
            Py_ssize_t size;
            const char* data = PyUnicode_AsUTF8AndSize(text.ptr(), &size);
            if (data) return add(py::reinterpret_borrow<py::object>(text), data, size);
            PyErr_Clear();  // a lone surrogate: as tiktoken does, pairs are joined and the rest become U+FFFD
            const py::object joined =
                text.attr("encode")("utf-16", "surrogatepass").attr("decode")("utf-16", "replace");
            return add(joined.attr("encode")("utf-8"));
        }
        if (PyBytes_Check(text.ptr())) {
            return add(py::reinterpret_borrow<py::object>(text), PyBytes_AS_STRING(text.ptr()),
                       PyBytes_GET_SIZE(text.ptr()));
        }
        if (!PyObject_CheckBuffer(text.ptr())) {
            throw py::type_error("expected str or bytes, got " +
                                 py::str(py::type::of(text).attr("__name__")).cast<std::string>());
        }
        auto buffer = std::make_unique<py::buffer_info>(py::reinterpret_borrow<py::buffer>(text).request());
        if (!PyBuffer_IsContiguous(buffer->view(), 'C')) throw py::value_error("the buffer is not contiguous");
        const size_t size = buffer->size * buffer->itemsize;
        bytes_.push_back({static_cast<const uint8_t*>(buffer->ptr), size});
        buffers_.push_back(std::move(buffer));
    }
    void add(py::object owner, const char* data, size_t size) {
        owners_.push_back(std::move(owner));
        bytes_.push_back({reinterpret_cast<const uint8_t*>(data), size});
    }

    std::vector<py::object> owners_;
    std::vector<std::unique_ptr<py::buffer_info>> buffers_;
    std::vector<Bytes> bytes_;
};

// The encoder, with one Python integer an id: lists of ids share them, so that a list costs 8 bytes an id and not 40.
class PythonEncoder : public Encoder {
  public:
    using Encoder::Encoder;
    ~PythonEncoder() {
        for (PyObject* integer : integers_) Py_XDECREF(integer);
    }
    py::list list_of(const uint32_t* ids, size_t count) {
        integers_.resize(vocab_size());
        py::list result(count);
        for (size_t i = 0; i < count; ++i) {
            PyObject*& integer = integers_[ids[i]];
            if (!integer && !(integer = PyLong_FromUnsignedLong(ids[i]))) throw py::error_already_set();
            Py_INCREF(integer);
            PyList_SET_ITEM(result.ptr(), static_cast<Py_ssize_t>(i), integer);
        }
        return result;
    }

  private:
    std::vector<PyObject*> integers_;
};

py::bytes bytes_of(const uint8_t* p, const uint8_t* end) {
    return py::bytes(reinterpret_cast<const char*>(p), end - p);
}

// Ctrl-C in the middle of native work.
void check_signals() {
    py::gil_scoped_acquire locked;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

template <class F>
py::list with_tokens(PythonEncoder& encoder, F&& encode) {
    Encoder::Lease lease(encoder);
    TokenBuffer& out = (*lease).tokens;
    out.clear();
    {
        py::gil_scoped_release unlocked;
        encode(out, *lease);
    }
    return encoder.list_of(out.data(), out.size());
}

py::list encode_batch(const PythonEncoder& encoder, const py::iterable& texts, Pattern pattern, size_t threads) {
    const Texts views(texts);
    EncodedTexts encoded;
    {
        py::gil_scoped_release unlocked;
        encoded = encoder.encode_batch(views.bytes(), pattern, threads, check_signals);
    }
    using Block = std::shared_ptr<uint32_t[]>;
    py::list result(encoded.tokens.size());
    const auto dtype = py::dtype::of<int32_t>();
    py::object base;
    const uint32_t* base_block = nullptr;
    for (size_t i = 0; i < encoded.tokens.size(); ++i) {
        const auto& span = encoded.tokens[i];
        if (span.block.get() != base_block || !base) {  // texts that share a block share its owner
            base = py::capsule(new Block(span.block), [](void* block) { delete static_cast<Block*>(block); });
            base_block = span.block.get();
        }
        py::array ids(dtype, {static_cast<py::ssize_t>(span.size)}, {}, span.data, base);
        PyList_SET_ITEM(result.ptr(), static_cast<Py_ssize_t>(i), ids.release().ptr());
    }
    return result;
}

// The ids of one text as an array of Id, for token shards.
template <class Id>
py::array encode_array(const PythonEncoder& encoder, const py::object& text, Pattern pattern) {
    if (encoder.vocab_size() - 1 > std::numeric_limits<Id>::max()) throw py::value_error("ids do not fit the type");
    const Texts views(text);
    Encoder::Lease lease(encoder);
    TokenBuffer& out = (*lease).tokens;
    out.clear();
    {
        py::gil_scoped_release unlocked;
        encoder.encode(views.only(), pattern, out, *lease);
    }
    py::array_t<Id> ids(static_cast<py::ssize_t>(out.size()));
    Id* to = ids.mutable_data();
    py::gil_scoped_release unlocked;
    std::copy_n(out.data(), out.size(), to);
    return std::move(ids);
}

// The ids of rows of a column of texts as Arrow lays it out (row i is data[offsets[i]] to data[offsets[i + 1]]), one
// after the other, each with end_of_text behind it where that is not negative; and how many ids each row has.
template <class Id>
py::tuple encode_rows(const PythonEncoder& encoder, const py::buffer& data,
                      const py::array_t<int32_t, py::array::c_style>& offsets,
                      const py::array_t<int64_t, py::array::c_style>& rows, Pattern pattern, int64_t end_of_text) {
    if (encoder.vocab_size() - 1 > std::numeric_limits<Id>::max()) throw py::value_error("ids do not fit the type");
    if (end_of_text >= static_cast<int64_t>(encoder.vocab_size())) throw py::value_error("end_of_text is no id");
    const Texts views{py::handle(data)};
    const Bytes bytes = views.only();
    const int32_t* places = offsets.data();
    std::vector<Bytes> texts;
    size_t most = 0;  // ids: one a byte, and the separators
    for (py::ssize_t i = 0; i < rows.size(); ++i) {
        const int64_t row = rows.data()[i];
        if (row < 0 || row + 1 >= offsets.size()) throw py::index_error("there is no row " + std::to_string(row));
        const int64_t begin = places[row], end = places[row + 1];
        if (begin < 0 || end < begin || end > static_cast<int64_t>(bytes.size())) {
            throw py::value_error("row " + std::to_string(row) + " lies outside of the data");
        }
        texts.push_back(bytes.substr(begin, end - begin));
        most += texts.back().size() + 1;
    }
    py::array_t<int64_t> counts(rows.size());
    int64_t* count = counts.mutable_data();
    // Room for the most ids there can be: memory that is never written to is never taken.
    std::unique_ptr<Id[]> room(new Id[most]);
    Id* to = room.get();
    {
        py::gil_scoped_release unlocked;
        Encoder::Lease lease(encoder);
        TokenBuffer& tokens = (*lease).tokens;
        for (const Bytes& text : texts) {  // each text's ids are still in the first cache when they are copied
            tokens.clear();
            encoder.encode(text, pattern, tokens, *lease);
            const Id* before = to;
            to = std::copy_n(tokens.data(), tokens.size(), to);
            if (end_of_text >= 0) *to++ = static_cast<Id>(end_of_text);
            *count++ = to - before;
        }
    }
    const auto size = static_cast<py::ssize_t>(to - room.get());
    py::capsule owner(room.get(), [](void* ids) { delete[] static_cast<Id*>(ids); });
    const Id* ids = room.release();
    return py::make_tuple(py::array(py::dtype::of<Id>(), {size}, {}, ids, owner), std::move(counts));
}

py::bytes decode(const PythonEncoder& encoder, const py::object& ids) {
    std::string text;
    if (py::isinstance<py::array_t<int32_t>>(ids)) {
        const auto array = py::array_t<int32_t, py::array::c_style>::ensure(ids);
        py::gil_scoped_release unlocked;
        text = encoder.decode(array.data(), array.size());
    } else {
        std::vector<int64_t> values;
        const py::list list(ids);
        values.reserve(list.size());
        for (size_t i = 0; i < list.size(); ++i) {
            values.push_back(PyLong_AsLongLong(PyList_GET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i))));
            if (values.back() == -1 && PyErr_Occurred()) throw py::error_already_set();
        }
        text = encoder.decode(values.data(), values.size());
    }
    return py::bytes(text);
}

py::list split(const py::object& text, Pattern pattern) {
    const Texts views(text);
    py::list result;
    const uint8_t* p = views.only().data();
    with_pattern(pattern, [&](auto constant) {
        for_each_piece<constant.value>(p, p + views.only().size(), [&](const uint8_t* piece, const uint8_t* end) {
            result.append(bytes_of(piece, end));
        });
    });
    return result;
}

size_t safe_cut(const py::object& text, size_t limit) {
    const Texts views(text);
    const Bytes bytes = views.only();
    if (bytes.empty()) return 0;
    return last_safe_cut(bytes.data(), bytes.data() + std::min(limit, bytes.size()), bytes.data() + bytes.size()) -
           bytes.data();
}

uint64_t add_file(PieceCounter& counter, const std::string& path, Pattern pattern, const py::object& progress) {
    py::gil_scoped_release unlocked;
    return counter.add_file(path, pattern, [&](uint64_t bytes) {
        check_signals();
        if (progress.is_none()) return;
        py::gil_scoped_acquire locked;
        progress(bytes);
    });
}

}  // namespace

PYBIND11_MODULE(_bpe, module) {
    module.attr("unicode_version") = unicode_version;
    module.attr("regex_version") = regex_version;

    py::register_exception_translator([](std::exception_ptr error) {
        try {
            std::rethrow_exception(error);
        } catch (const FileError& file) {  // becomes FileNotFoundError, PermissionError, ...
            const auto path = py::reinterpret_steal<py::object>(PyUnicode_DecodeFSDefault(file.path.c_str()));
            const py::tuple arguments = py::make_tuple(file.code().value(), file.code().message(), path);
            PyErr_SetObject(PyExc_OSError, arguments.ptr());
        }
    });

    py::enum_<Pattern>(module, "Pattern")
        .value("gpt2", Pattern::gpt2)
        .value("cl100k", Pattern::cl100k)
        .value("o200k", Pattern::o200k)
        .value("qwen2", Pattern::qwen2);

    py::class_<Merge>(module, "Merge")
        .def(py::init([](uint32_t left, uint32_t right, uint32_t product) { return Merge{left, right, product}; }))
        .def_readonly("left", &Merge::left)
        .def_readonly("right", &Merge::right)
        .def_readonly("product", &Merge::product);

    py::class_<PythonEncoder>(module, "Encoder")
        .def(py::init<std::vector<std::string>, const std::vector<Merge>&, bool,
                      const std::vector<std::pair<uint32_t, std::string>>&>(),
             py::arg("tokens"), py::arg("merges"), py::arg("whole_pieces"), py::arg("special_tokens"))
        .def("encode",
             [](PythonEncoder& encoder, const py::object& text, Pattern pattern) {
                 const Texts views(text);
                 return with_tokens(encoder, [&](TokenBuffer& out, EncodeScratch& scratch) {
                     encoder.encode(views.only(), pattern, out, scratch);
                 });
             })
        .def("encode_pieces",
             [](PythonEncoder& encoder, const py::iterable& pieces) {
                 const Texts views(pieces);
                 return with_tokens(encoder, [&](TokenBuffer& out, EncodeScratch& scratch) {
                     for (const Bytes& piece : views.bytes()) encoder.encode_piece(piece, out, scratch);
                 });
             })
        .def("encode_batch", &encode_batch)
        .def("encode_uint16", &encode_array<uint16_t>)
        .def("encode_uint32", &encode_array<uint32_t>)
        .def("encode_rows_uint16", &encode_rows<uint16_t>)
        .def("encode_rows_uint32", &encode_rows<uint32_t>)
        .def("decode", &decode)
        .def_property_readonly("vocab_size", &PythonEncoder::vocab_size)
        .def_property_readonly("whole_piece_count", &PythonEncoder::whole_piece_count);

    py::class_<PieceCounter>(module, "PieceCounter")
        .def(py::init<int>(), py::arg("threads"))
        .def("add_texts",
             [](PieceCounter& counter, const py::iterable& texts, Pattern pattern) {
                 const Texts views(texts);
                 py::gil_scoped_release unlocked;
                 counter.add_texts(views.bytes(), pattern);
             })
        .def("add_pieces",
             [](PieceCounter& counter, const py::dict& counts) {
                 for (const auto& [piece, count] : counts) {
                     const Texts views{py::handle(piece)};
                     counter.add_piece(views.only(), py::cast<uint64_t>(count));
                 }
             })
        .def("add_file", &add_file, py::arg("path"), py::arg("pattern"), py::arg("progress") = py::none());

    py::class_<MergeLearner>(module, "MergeLearner")
        .def(py::init([](PieceCounter& counter) {
            py::gil_scoped_release unlocked;
            return MergeLearner(counter.pieces());
        }))
        .def("learn", &MergeLearner::learn, py::call_guard<py::gil_scoped_release>())
        .def_property_readonly("merges",
                               [](const MergeLearner& learner) {
                                   std::vector<Merge> merges;
                                   for (const auto& learned : learner.learned()) {
                                       const auto product = static_cast<uint32_t>(256 + merges.size());
                                       merges.push_back({learned.left, learned.right, product});
                                   }
                                   return merges;
                               })
        .def_property_readonly("counts", [](const MergeLearner& learner) {
            std::vector<uint64_t> counts;
            for (const auto& learned : learner.learned()) counts.push_back(learned.count);
            return counts;
        });

    module.def("split", &split);
    module.def("safe_cut", &safe_cut);
    module.def("merges_of_ranks", [](const std::vector<std::string>& tokens) { return merges_of_ranks(tokens); });
}
